#![deny(warnings)]

mod imported {
    use outflow::action;
    use outflow::controller;

    pub struct Imported;

    #[controller]
    impl Imported {
        #[action]
        pub async fn log(&self) {
            self.stream("imported");
        }
    }
}

mod by_path {
    pub struct ByPath;

    #[outflow::controller]
    impl ByPath {
        #[outflow::action]
        pub async fn log(&self) {
            self.stream("by path");
        }
    }
}

mod in_a_function {
    pub fn run() -> Vec<String> {
        use outflow::{action, controller};

        struct Local;

        #[controller]
        impl Local {
            #[action]
            async fn log(&self) {
                self.stream("local");
            }
        }

        outflow_ui_tests::run(Local.log()).0
    }
}

fn main() {
    assert_eq!(outflow_ui_tests::run(imported::Imported.log()).0, [r#""imported""#]);
    assert_eq!(outflow_ui_tests::run(by_path::ByPath.log()).0, [r#""by path""#]);
    assert_eq!(in_a_function::run(), [r#""local""#]);
}
