use outflow::{action, controller};
use outflow_ui_tests::run;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        macro_rules! line {
            ($level:literal, $($text:tt)*) => {
                self.stream(format!(concat!($level, ": {}"), format!($($text)*)))
            };
        }
        macro_rules! again {
            ($times:expr) => {
                self.count($times).await
            };
        }
        line!("info", "{} of {}", 1, 2);
        let two = async move {
            line!("warn", "two");
            again!(2)
        };
        assert_eq!(two.await, 2);
        for _ in 0..1 {
            line!("info", "three");
        }
    }

    async fn count(&self, to: u32) -> u32 {
        for i in 0..to {
            self.stream(i);
        }
        to
    }
}

fn main() {
    let (packets, ()) = run(Jobs.log());
    assert_eq!(packets.join(" "), r#""info: 1 of 2" "warn: two" 0 1 "info: three""#);
}
