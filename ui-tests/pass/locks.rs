use std::{cell::RefCell, rc::Rc, sync::Mutex};

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Jobs {
    names: Mutex<Vec<String>>,
    lock: tokio::sync::Mutex<u32>,
}

#[controller]
impl Jobs {
    /// Nothing of the argument lives on while the call waits, so what is not `Send` may be in it.
    #[action]
    async fn log(&self) {
        self.stream(&*self.names.lock().unwrap());
        self.stream(self.names.lock().unwrap().iter().map(String::len).sum::<usize>());
        self.stream(*self.lock.lock().await);
        self.stream(*self.lock.try_lock().unwrap());
        self.stream(Rc::new(RefCell::new(1)).borrow().clone());
        println!("{:?}", self.stream(self.names.lock().unwrap().len()));
        self.stream(&self.made());
        {
            let names = self.names.lock().unwrap();
            drop(names);
        }
        self.stream("end");
    }

    fn made(&self) -> String {
        "made".to_owned()
    }
}

fn main() {
    let jobs = Jobs { names: Mutex::new(vec!["ab".to_owned()]), lock: tokio::sync::Mutex::new(7) };
    assert_eq!(run(jobs.log()).0.join(" "), r#"["ab"] 2 7 7 1 1 "made" "end""#);
    let _router: axum::Router = jobs.into_router();
}
