mod shop {
    use outflow::{action, controller};

    pub struct Shop;

    #[controller]
    impl Shop {
        #[action(path = "/{count}")]
        async fn orders(&self, count: u32) -> u32 {
            self.stream(count);
            count
        }

        #[action]
        async fn visitors(&self) {
            self.stream("one");
        }

        /// It does not stream.
        #[action]
        async fn name(&self) -> &'static str {
            "shop"
        }
    }
}

fn main() {
    let _ = shop::Shop.orders(3);
    let _ = shop::Shop.visitors();
    let _ = shop::Shop.name();
}
