#![deny(warnings)]

use outflow::{Head, action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action]
    async fn export(&self, head: Head) {
        head.download("orders");
        self.stream(1);
    }
}

fn main() {}
