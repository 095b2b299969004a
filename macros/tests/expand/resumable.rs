#[controller("/jobs", state = AppState)]
impl<T: Send + Sync + 'static> Jobs<T> {
    #[cfg(feature = "runs")]
    #[action(post, put, path = "/{id}", item = Progress, resumable(key = url, owner = user, retention = "10m"))]
    #[must_use]
    async fn start(&self, id: u64, head: Head, query: Query<Filter>, Json(order): Json<Order>) -> u64 {
        self.stream(Progress { id });
        id
    }
}
