#[controller("/health")]
impl Health {
    #[action(path = "/")]
    async fn check(&self, State(db): State<Db>) -> Result<&'static str, Error> {
        db.ping().await?;
        Ok("ok")
    }
}
