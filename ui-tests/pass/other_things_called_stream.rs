use std::sync::Mutex;

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

#[derive(Default)]
struct Client {
    sent: Mutex<Vec<String>>,
}

impl Client {
    fn stream(&self, text: &str) -> usize {
        let mut sent = self.sent.lock().unwrap();
        sent.push(text.to_owned());
        sent.len()
    }

    fn emitter(&self) -> &Self {
        self
    }
}

struct Jobs {
    stream: Client,
    emitter: fn(u32) -> u32,
}

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> usize {
        let stream = &self.stream;
        let count = stream.stream("one") + self.stream.stream("two");
        self.stream(count);
        self.stream(self.stream.emitter().stream("three"));
        self.stream((self.emitter)(4));
        println!("{}", self.stream.stream("four"));
        let this = &self.stream;
        this.stream("five")
    }

    /// No route, no packets: its `self` is another one.
    #[action]
    async fn inner(&self) -> String {
        struct Inner;
        trait Sends {
            fn stream(&self, text: &str) -> String;
            fn twice(&self) -> String {
                self.stream("a") + &self.stream("b")
            }
        }
        impl Sends for Inner {
            fn stream(&self, text: &str) -> String {
                text.to_owned()
            }
        }
        impl Inner {
            fn sent(&self) -> String {
                format!("{}{}", self.stream("c"), self.twice())
            }
        }
        Inner.sent()
    }
}

impl Jobs {
    /// Outside the block there is no `self.stream(..)`.
    fn new() -> Self {
        Self { stream: Client::default(), emitter: |number| number * 2 }
    }
}

fn main() {
    let jobs = Jobs::new();
    assert_eq!(run(jobs.log()), (["3", "3", "8"].map(String::from).to_vec(), 5));
    assert_eq!(outflow_ui_tests::block_on(jobs.inner()), "cab");
    let _router: axum::Router = jobs.into_router();
}
