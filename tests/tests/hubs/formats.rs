//! Hubs in formats and runs other than a live event stream.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{
    Hub, action, controller,
    format::{Content, Ending, Format, Gap, Problem, Representation, Unwritable},
    test::{Client, after},
};

use super::{publish, watched};

/// A format of the user's own, with room for gaps.
struct Lines;

impl Format for Lines {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(content.id().unwrap_or_default().rsplit('-').next().unwrap_or_default().as_bytes());
        out.push(b'=');
        content.write_json(out)?;
        out.push(b'\n');
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, out: &mut Vec<u8>) -> Ending {
        out.extend_from_slice(format!("missed {:?}\n", gap.missed()).as_bytes());
        Ending::Clean
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

const LINES: Representation = Representation {
    name: "lines",
    content_type: "text/lines",
    media_types: &["text/lines"],
    resumes_midway: false,
    after_body: false,
    writer: |_| Box::new(Lines),
};

struct Odd {
    hub: Hub<u32>,
}

#[controller]
impl Odd {
    #[action(formats(self::LINES))]
    async fn lines(&self) {
        self.stream_all(futures_util::StreamExt::take(self.hub.watch("a"), 3));
    }

    /// A run that watches a hub.
    #[action(post, resumable)]
    async fn run(&self) {
        self.stream_all(futures_util::StreamExt::take(self.hub.watch("a"), 4));
    }
}

fn short() -> Hub<u32> {
    Hub::new().keep(2, Duration::from_secs(60))
}

#[tokio::test(start_paused = true)]
async fn a_format_of_the_users_own_may_tell_gaps_and_sees_ids() {
    let hub = short();
    let client = Client::new(Odd { hub: hub.clone() });
    let mut answer = client.get("/odd/lines").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", [10, 20, 30, 40, 50]).await;
    assert_eq!(answer.text().await, "missed Some(3)\n4=40\n5=50\n");
}

#[tokio::test(start_paused = true)]
async fn a_run_keeps_its_gaps_and_counts_in_its_own_numbers() {
    let hub = short();
    let client = Client::new(Odd { hub: hub.clone() });
    let mut answer = client.post("/odd/run").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", [1]).await;
    let first = answer.received().await;
    assert_eq!((first.value(), first.id()), (Ok(1), Some("1")));
    let run = answer.run();
    publish(&hub, "a", 2..=5).await;
    for mut answer in [answer, client.follow(&run, after(1)).start()] {
        let gap = answer.gap().await;
        assert_eq!((gap.missed(), gap.first(), gap.id()), (Some(2), 4, Some("2")));
        let fourth = answer.received().await;
        assert_eq!((fourth.value(), fourth.id()), (Ok(4), Some("3")));
        assert_eq!(answer.packet::<u32>().await, 5);
        answer.done::<()>().await;
    }
    let mut rows = client.follow(&run, after(0)).accept("application/json").start();
    let failed = rows.failed().await;
    assert_eq!((failed.status(), rows.unread::<u32>()), (StatusCode::GONE, vec![1]));
}
