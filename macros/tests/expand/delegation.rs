#[controller("/import")]
impl Import {
    #[action]
    async fn all(&self, _rows: Query<Rows>) -> usize {
        let rows = self.rows(3).await;
        rows + self.one().await
    }

    async fn rows(&self, count: usize) -> usize {
        for row in 0..count {
            self.stream(row);
        }
        count
    }

    #[action]
    async fn one(&self) -> usize {
        self.stream(1);
        1
    }

    fn unrelated(&self) {}
}
