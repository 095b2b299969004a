//! An action called from Rust.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::StreamExt;
use outflow::{Event, Generator, Packet, action, controller};

use crate::support::soon;

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
    async fn bytes(&self) {
        self.stream(Packet::bytes(vec![1, 0xff]));
        self.stream(Packet::json(&[2, 0xfe]));
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

/// The next event.
async fn next<R: Send>(events: &mut Generator<'_, R>) -> Option<Event<R>> {
    soon("an event", events.next()).await
}

/// All events.
async fn all<R: Send>(events: Generator<'_, R>) -> Vec<Event<R>> {
    soon("the last event", StreamExt::collect(events)).await
}

#[tokio::test]
async fn an_action_gives_its_packets_and_what_it_returned() {
    let steps = Steps::default();
    let mut events: Generator<'_, Result<u32, String>> = assert_send_unpin(steps.count(2));
    for expected in 1..=2 {
        let Some(Event::Packet(packet)) = next(&mut events).await else { panic!("no packet {expected}") };
        assert_eq!(packet.json::<u32>().unwrap(), expected);
        // The action never runs ahead of its reader.
        assert_eq!(steps.reached.load(Ordering::SeqCst), expected);
    }
    let Some(Event::Done(Ok(2))) = next(&mut events).await else { panic!("not done") };
    assert!(next(&mut events).await.is_none());
    assert!(next(&mut events).await.is_none());

    let last = all(steps.count(3)).await.pop();
    assert!(matches!(last, Some(Event::Done(Err(error))) if error == "too many"));
}

#[tokio::test]
async fn packets_of_concurrent_senders_come_in_the_order_they_were_sent() {
    let steps = Steps::default();
    let events = all(steps.both()).await;
    let texts = events.iter().map(|event| match event {
        Event::Packet(packet) => String::from_utf8_lossy(packet.as_bytes()).into_owned(),
        other => format!("{other:?}"),
    });
    assert_eq!(texts.collect::<Vec<_>>(), [r#""a""#, "c", r#""b""#, "Done(())"]);
}

#[tokio::test]
async fn a_panic_is_a_failure_not_the_callers_panic() {
    let steps = Steps::default();
    let events = all(steps.panics()).await;
    let [Event::Packet(_), Event::Failed(failure)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(failure.status(), 500);
    assert_eq!(failure.to_string(), "the action failed: it panicked: on purpose");
}

#[tokio::test]
async fn nothing_runs_before_it_is_asked_for_and_dropping_stops_it() {
    let steps = Steps::default();
    let mut events = steps.count(5);
    assert_eq!(steps.reached.load(Ordering::SeqCst), 0);
    next(&mut events).await;
    drop(events);
    assert_eq!(steps.reached.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn it_is_read_to_its_end_in_one_call() {
    let steps = Steps::default();
    let all = soon("the end", steps.count(2).collect::<u32>()).await.unwrap();
    assert_eq!((all.packets, all.result), (vec![1, 2], Ok(2)));
    let failed = soon("the end", steps.count(3).collect::<u32>()).await.unwrap();
    assert_eq!((failed.packets, failed.result), (vec![1, 2, 3], Err("too many".to_owned())));
    let raw = soon("the end", steps.both().collect::<String>()).await.unwrap();
    assert_eq!((raw.packets, raw.result), (["a", "c", "b"].map(str::to_owned).to_vec(), ()));
    let bytes = soon("the end", steps.bytes().collect::<Vec<u8>>()).await.unwrap();
    assert_eq!(bytes.packets, [[1, 0xff], [2, 0xfe]]);
}

#[tokio::test]
async fn an_action_without_an_end_of_its_own_is_not_read_to_its_end() {
    let steps = Steps::default();
    let failure = soon("the end", steps.panics().collect::<u32>()).await.unwrap_err();
    assert_eq!(failure.to_string(), "the action failed: it panicked: on purpose");
    let failure = soon("the end", steps.count(2).collect::<String>()).await.unwrap_err();
    let text = failure.to_string();
    assert!(text.contains("its packet 1 is no `alloc::string::String`: invalid type: integer `1`"), "{text}");
}

/// So a packet for many clients is serialized once.
#[test]
fn a_clone_of_a_packet_shares_its_payload() {
    for packet in [Packet::json(&[1, 2]), Packet::raw("text"), Packet::bytes(vec![1, 2])] {
        let clone = packet.clone();
        assert_eq!(clone.as_bytes().as_ptr(), packet.as_bytes().as_ptr());
        assert_eq!(clone.as_bytes(), packet.as_bytes());
    }
    let named = Packet::raw("text").event("name");
    assert_eq!(named.clone().fields().event, named.fields().event);
}
