#[controller("/chat")]
impl Chat {
    /// Counts.
    #[action(formats(sse(end_event = "close"), json(array), csv(bom, delimiter = ';', columns(id, total = "Total")), self::YAML, query = "format"), heartbeat = "5s", on_disconnect = finish)]
    async fn count(&self) -> Result<u32, Error> {
        self.stream("one");
        println!("{:?}", self.stream("two").await);
        let emitter = self.emitter();
        tokio::select! {
            () = async { self.stream("three") } => {}
        }
        self.stream_all(source()).await?;
        Ok(5)
    }
}
