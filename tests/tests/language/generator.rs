//! An action called from Rust.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::StreamExt as _;
use outflow::{Event, Generator, Packet, action, controller};

#[derive(Default)]
struct Steps {
    reached: AtomicU32,
}

#[controller]
impl Steps {
    /// Counts.
    #[action(path = "/{to}")]
    pub async fn count(&self, to: u32) -> Result<u32, String> {
        for i in 1..=to {
            self.reached.store(i, Ordering::SeqCst);
            self.stream(i);
        }
        if to > 2 { Err("too many".to_owned()) } else { Ok(to) }
    }

    #[action]
    async fn both(&self) {
        tokio::join!(
            async {
                self.stream("a");
                self.stream("b");
            },
            async { self.stream(Packet::raw("c").event("d")) },
        );
    }

    #[action]
    async fn panics(&self) {
        self.stream(1);
        panic!("on purpose");
    }
}

fn assert_send_unpin<T: Send + Unpin>(value: T) -> T {
    value
}

#[tokio::test]
async fn an_action_gives_its_packets_and_what_it_returned() {
    let steps = Steps::default();
    let mut events: Generator<'_, Result<u32, String>> = assert_send_unpin(steps.count(2));
    for expected in 1..=2 {
        let Some(Event::Packet(packet)) = events.next().await else { panic!("no packet {expected}") };
        assert_eq!(packet.json::<u32>().unwrap(), expected);
        // It never runs ahead of who reads it.
        assert_eq!(steps.reached.load(Ordering::SeqCst), expected);
    }
    let Some(Event::Done(Ok(2))) = events.next().await else { panic!("not done") };
    assert!(events.next().await.is_none());
    assert!(events.next().await.is_none());

    let last = steps.count(3).collect::<Vec<_>>().await.pop();
    assert!(matches!(last, Some(Event::Done(Err(error))) if error == "too many"));
}

#[tokio::test]
async fn packets_of_concurrent_senders_come_in_the_order_they_were_sent() {
    let steps = Steps::default();
    let events: Vec<_> = steps.both().collect().await;
    let texts = events.iter().map(|event| match event {
        Event::Packet(packet) => String::from_utf8_lossy(packet.as_bytes()).into_owned(),
        other => format!("{other:?}"),
    });
    assert_eq!(texts.collect::<Vec<_>>(), [r#""a""#, "c", r#""b""#, "Done(())"]);
}

#[tokio::test]
async fn a_panic_is_a_failure_not_the_callers_panic() {
    let steps = Steps::default();
    let events: Vec<_> = steps.panics().collect().await;
    let [Event::Packet(_), Event::Failed(failure)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(failure.status(), 500);
    assert_eq!(failure.to_string(), "the action failed: it panicked: on purpose");
}

#[tokio::test]
async fn nothing_runs_before_it_is_asked_for_and_dropping_stops_it() {
    let steps = Steps::default();
    let mut events = steps.count(5);
    assert_eq!(steps.reached.load(Ordering::SeqCst), 0);
    events.next().await;
    drop(events);
    assert_eq!(steps.reached.load(Ordering::SeqCst), 1);
}
