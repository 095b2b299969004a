#[controller("/jobs")]
impl Jobs {
    #[action(fetch)]
    async fn unknown_option(&self) {
        self.stream(1);
    }

    #[action]
    async fn refused_calls(&self) {
        tokio::spawn(async move { self.stream(1) });
        (0..3).for_each(|i| self.stream(i));
        self.helper(1, 2).await;
        Self::helper(self, 1).await;
    }

    #[action]
    async fn without_self() {
        self.stream(1);
    }

    async fn helper(&self, id: u64) {
        self.stream(id);
    }
}
