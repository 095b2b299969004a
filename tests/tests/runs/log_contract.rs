//! The contract of [`RunLog`](outflow::run::RunLog), tried on each log.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all};
use outflow::run::{
    Ack, AppendError, Claim, ClaimError, Claimed, Keep, Meta, OpenError, ReadError, Records, RunId, RunState, Writer,
};
use tokio::time::sleep;

use crate::support::{
    logs::on_each_log,
    runs::{digest, meta},
    soon, until,
};

/// Longer than a busy machine is silent, and short enough to wait for.
const LEASE: Duration = Duration::from_secs(2);

on_each_log! {
    lease LEASE;

    async fn a_key_is_bound_to_one_run_and_one_request(log: Log) {
        let (key, run, print) = (digest("key"), RunId::random(), digest("print"));
        let claim = |run: &RunId, fingerprint| log.claim(key, Claim { run: run.clone(), fingerprint });
        let bound = |opened| Claimed { run: run.clone(), opened };
        assert_eq!(claim(&run, print).await.unwrap(), bound(false));
        assert_eq!(claim(&RunId::random(), print).await.unwrap(), bound(false));
        assert!(matches!(claim(&run, digest("another")).await, Err(ClaimError::Mismatch)));
        log.open(&run, Meta { claim: Some(key), ..meta() }).await.unwrap();
        assert_eq!(claim(&RunId::random(), print).await.unwrap(), bound(true));
    }

    async fn a_claim_that_all_take_back_frees_its_key(log: Log) {
        let (key, print) = (digest("key"), digest("print"));
        let [one, two, three] = std::array::from_fn(|_| RunId::random());
        let claim = async |run: &RunId| log.claim(key, Claim { run: run.clone(), fingerprint: print }).await.unwrap();
        assert_eq!(claim(&one).await.run, one);
        assert_eq!(claim(&two).await.run, one);
        log.unclaim(key, &one).await.unwrap();
        // The second one may still open its run.
        assert_eq!(claim(&three).await.run, one);
        log.unclaim(key, &two).await.unwrap();
        log.unclaim(key, &three).await.unwrap();
        assert_eq!(claim(&three).await, Claimed { run: three.clone(), opened: false });
        assert_eq!(claim(&two).await.run, three);
        log.open(&three, Meta { claim: Some(key), ..meta() }).await.unwrap();
        log.unclaim(key, &two).await.unwrap();
        assert_eq!(claim(&one).await, Claimed { run: three, opened: true });
    }

    async fn a_request_takes_back_no_claim_but_its_own(log: Log) {
        let (key, print) = (digest("key"), digest("print"));
        let [opening, stranger] = std::array::from_fn(|_| RunId::random());
        let claim = async |run: &RunId| log.claim(key, Claim { run: run.clone(), fingerprint: print }).await.unwrap();
        assert_eq!(claim(&opening).await.run, opening);
        // A request that has not claimed the key since it was bound, or does it twice.
        log.unclaim(key, &stranger).await.unwrap();
        assert_eq!(claim(&stranger).await.run, opening);
        for _ in 0..2 {
            log.unclaim(key, &stranger).await.unwrap();
        }
        log.open(&opening, Meta { claim: Some(key), ..meta() }).await.unwrap();
        assert_eq!(claim(&stranger).await, Claimed { run: opening.clone(), opened: true });
    }

    async fn the_run_of_another_claim_does_not_open_a_key(log: Log) {
        let (key, print) = (digest("key"), digest("print"));
        let [bound, other] = std::array::from_fn(|_| RunId::random());
        let claim = async |run: &RunId| log.claim(key, Claim { run: run.clone(), fingerprint: print }).await.unwrap();
        claim(&bound).await;
        // Its own claim has expired.
        log.open(&other, Meta { claim: Some(key), ..meta() }).await.unwrap();
        assert_eq!(claim(&other).await, Claimed { run: bound.clone(), opened: false });
    }

    async fn many_who_claim_at_once_have_one_run(log: Log) {
        let claims = (0..50).map(|_| log.claim(digest("key"), Claim { run: RunId::random(), fingerprint: digest("print") }));
        let claimed: Vec<_> = join_all(claims).await.into_iter().map(Result::unwrap).collect();
        assert!(claimed.windows(2).all(|two| two[0].run == two[1].run));
    }

    async fn a_run_has_one_writer(log: Log) {
        let run = RunId::random();
        let opened = join_all((0..20).map(|_| log.open(&run, meta()))).await;
        let (writers, others): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
        assert_eq!(writers.len(), 1);
        assert!(others.iter().all(|other| matches!(other, Err(OpenError::Exists))));
        let stranger = Writer { run, token: "somebody else".to_owned() };
        assert!(matches!(log.append(&stranger, 1, [record(1)].into()).await, Err(AppendError::Closed)));
        assert!(matches!(log.renew(&stranger).await, Err(AppendError::Closed)));
        assert!(matches!(log.close(&stranger, 1, RunState::Done, end()).await, Err(AppendError::Closed)));
    }

    async fn what_a_run_starts_with_is_known(log: Log) {
        let run = RunId::random();
        assert!(log.meta(&run).await.unwrap().is_none());
        let keep = Keep { count: 7, is_window: true, ..Keep::DEFAULT };
        let (owner, claim) = (Some(digest("owner")), Some(digest("claim")));
        log.open(&run, Meta { owner, claim, keep, ..meta() }).await.unwrap();
        let known = log.meta(&run).await.unwrap().unwrap();
        assert_eq!((known.state, known.tail, known.first), (RunState::Open, 0, 1));
        assert_eq!((&*known.meta.action, known.meta.key), ("/a", meta().key));
        assert!(known.meta.owner == owner && known.meta.claim == claim && known.meta.keep == keep);
    }

    async fn records_have_no_holes_and_are_there_once(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        assert!(!log.append(&writer, 1, [record(1), record(2)].into()).await.unwrap().cancel_asked);
        for first in [1, 2, 4, 9] {
            let refused = log.append(&writer, first, [record(3)].into()).await;
            assert!(matches!(refused, Err(AppendError::Gap { next: 3 })), "{first}: {refused:?}");
            let refused = log.close(&writer, first, RunState::Done, end()).await;
            assert!(matches!(refused, Err(AppendError::Gap { next: 3 })), "{first}: {refused:?}");
        }
        log.append(&writer, 3, [record(3)].into()).await.unwrap();
        let page = log.read(&writer.run, 0, usize::MAX).await.unwrap();
        assert_eq!((page.records, page.state, page.tail), ([record(1), record(2), record(3)].into(), RunState::Open, 3));
    }

    async fn an_end_is_the_last_record_and_written_once(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        log.append(&writer, 1, [record(1)].into()).await.unwrap();
        for _ in 0..2 {
            log.close(&writer, 2, RunState::Done, end()).await.unwrap();
        }
        assert!(matches!(log.close(&writer, 3, RunState::Failed, end()).await, Err(AppendError::Closed)));
        assert!(matches!(log.close(&writer, 3, RunState::Done, record(3)).await, Err(AppendError::Closed)));
        assert!(matches!(log.append(&writer, 3, [record(3)].into()).await, Err(AppendError::Closed)));
        assert!(matches!(log.renew(&writer).await, Err(AppendError::Closed)));
        assert!(!log.reap(&writer.run, record(9)).await.unwrap());
        let page = log.read(&writer.run, 0, usize::MAX).await.unwrap();
        assert_eq!((page.records, page.state, page.tail), ([record(1), end()].into(), RunState::Done, 2));
        assert_eq!(log.read(&writer.run, 1, usize::MAX).await.unwrap().records, [end()].into());
        assert!(log.read(&writer.run, 2, usize::MAX).await.unwrap().records.is_empty());
    }

    async fn a_run_may_end_before_its_first_packet(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        log.close(&writer, 1, RunState::Failed, end()).await.unwrap();
        let page = log.read(&writer.run, 0, 1).await.unwrap();
        assert_eq!((page.records, page.state, page.tail), ([end()].into(), RunState::Failed, 1));
        let known = log.meta(&writer.run).await.unwrap().unwrap();
        assert_eq!((known.tail, known.first), (1, 1));
    }

    /// The first one writes its end, and no other can.
    async fn those_who_end_a_run_at_once_write_one_end(log: Log) {
        let writers = join_all((0..30).map(|_| async { log.open(&RunId::random(), meta()).await.unwrap() })).await;
        // A log may give up on a writer a little late, but not much.
        sleep(LEASE * 3 / 4).await;
        for writer in &writers {
            assert!(!log.reap(&writer.run, record(0)).await.unwrap());
        }
        sleep(LEASE).await;
        let races = writers.iter().map(|writer| async {
            let close = log.close(writer, 1, RunState::Done, end());
            let (one, closed, two) =
                tokio::join!(log.reap(&writer.run, record(1)), close, log.reap(&writer.run, record(2)));
            let winners = [one.unwrap(), closed.is_ok(), two.unwrap()];
            assert_eq!(winners.iter().filter(|has_won| **has_won).count(), 1, "{winners:?}");
            let page = log.read(&writer.run, 0, usize::MAX).await.unwrap();
            let last = match winners {
                [true, ..] => (record(1), RunState::Lost),
                [_, true, _] => (end(), RunState::Done),
                _ => (record(2), RunState::Lost),
            };
            assert_eq!((page.records, page.tail), ([last.0].into(), 1));
            assert_eq!(page.state, last.1);
        });
        join_all(races).await;
    }

    async fn a_run_is_lost_when_its_lease_is_out_and_not_before(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        // Open for longer than a lease, but never silent for the length of one.
        for first in 1..=4 {
            log.append(&writer, first, [record(first)].into()).await.unwrap();
            sleep(LEASE / 8).await;
            assert!(!log.reap(&writer.run, end()).await.unwrap());
            log.renew(&writer).await.unwrap();
            sleep(LEASE / 8).await;
            assert!(!log.reap(&writer.run, end()).await.unwrap());
        }
        until("the end of the lease", async || log.reap(&writer.run, end()).await.unwrap()).await;
        assert!(!log.reap(&writer.run, end()).await.unwrap());
        // It comes back from the dead.
        assert!(matches!(log.append(&writer, 5, [record(5)].into()).await, Err(AppendError::Closed)));
        assert!(matches!(log.close(&writer, 5, RunState::Done, end()).await, Err(AppendError::Closed)));
        let page = log.read(&writer.run, 0, usize::MAX).await.unwrap();
        assert_eq!((page.records.len(), page.state, page.tail), (5, RunState::Lost, 5));
        assert!(!log.reap(&RunId::random(), end()).await.unwrap());
    }

    async fn a_writer_learns_that_it_is_to_stop(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        assert_eq!(log.renew(&writer).await.unwrap(), Ack { cancel_asked: false });
        for _ in 0..2 {
            assert!(log.cancel(&writer.run).await.unwrap());
        }
        assert_eq!(log.renew(&writer).await.unwrap(), Ack { cancel_asked: true });
        assert_eq!(log.append(&writer, 1, [record(1)].into()).await.unwrap(), Ack { cancel_asked: true });
        log.close(&writer, 2, RunState::Cancelled, end()).await.unwrap();
        assert!(!log.cancel(&writer.run).await.unwrap());
        assert!(!log.cancel(&RunId::random()).await.unwrap());
    }

    async fn a_page_has_one_record_at_least(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        let records: Records = (1..=100).map(|i| format!("j{i:09}")).collect();
        log.append(&writer, 1, records.clone()).await.unwrap();
        for (after, most, expected) in [(0, 1, 0..1), (0, 25, 0..2), (40, 500, 40..90), (40, 600, 40..100), (100, 1, 0..0)] {
            let page = log.read(&writer.run, after, most).await.unwrap();
            assert_eq!((page.records, page.tail), (records.slice(expected), 100));
        }
        // A client that has more than there is.
        assert!(log.read(&writer.run, 1_000, 1).await.unwrap().records.is_empty());
        assert!(matches!(log.read(&RunId::random(), 0, 1).await, Err(ReadError::Unknown)));
    }

    async fn a_window_moves_and_who_is_behind_it_is_told(log: Log) {
        let keep = Keep { count: 100, is_window: true, ..Keep::DEFAULT };
        let writer = log.open(&RunId::random(), Meta { keep, ..meta() }).await.unwrap();
        for first in (1..=500).step_by(10) {
            log.append(&writer, first, (first..first + 10).map(record).collect()).await.unwrap();
        }
        let known = log.meta(&writer.run).await.unwrap().unwrap();
        assert_eq!((known.first, known.tail), (401, 500));
        for after in [0, 5, 399] {
            let gone = log.read(&writer.run, after, 1).await;
            assert!(matches!(gone, Err(ReadError::Gone { first: 401 })), "{after}: {gone:?}");
        }
        assert_eq!(log.read(&writer.run, 400, 1).await.unwrap().records, [record(401)].into());
        // To the packet, also within what was appended together.
        let keep = Keep { count: 7, is_window: true, ..Keep::DEFAULT };
        let writer = log.open(&RunId::random(), Meta { keep, ..meta() }).await.unwrap();
        for first in [1, 4, 7] {
            log.append(&writer, first, (first..first + 3).map(record).collect()).await.unwrap();
        }
        let known = log.meta(&writer.run).await.unwrap().unwrap();
        assert_eq!((known.first, known.tail, known.first_record), (3, 9, Some(record(1))));
        assert!(matches!(log.read(&writer.run, 1, 1).await, Err(ReadError::Gone { first: 3 })));
        for after in 2..=9 {
            let page = log.read(&writer.run, after, usize::MAX).await.unwrap();
            assert_eq!(page.records, (after + 1..=9).map(record).collect());
        }
        // By bytes as well, down to what came last.
        let keep = Keep { bytes: 1_000, is_window: true, ..Keep::DEFAULT };
        let writer = log.open(&RunId::random(), Meta { keep, ..meta() }).await.unwrap();
        for first in 1..=9 {
            log.append(&writer, first, [vec![b'j'; 600]].into()).await.unwrap();
        }
        assert_eq!(log.meta(&writer.run).await.unwrap().unwrap().first, 9);
    }

    async fn a_run_that_is_full_takes_only_its_end(log: Log) {
        let keep = Keep { count: 3, ..Keep::DEFAULT };
        let writer = log.open(&RunId::random(), Meta { keep, ..meta() }).await.unwrap();
        log.append(&writer, 1, [record(1), record(2)].into()).await.unwrap();
        assert!(matches!(log.append(&writer, 3, [record(3), record(4)].into()).await, Err(AppendError::Full)));
        log.append(&writer, 3, [record(3)].into()).await.unwrap();
        log.close(&writer, 4, RunState::Failed, end()).await.unwrap();
        assert_eq!(log.read(&writer.run, 0, usize::MAX).await.unwrap().records.len(), 4);
    }

    async fn packets_are_kept_for_a_while_and_the_end_for_longer(log: Log) {
        let keep = Keep { packets: Duration::from_millis(100), tombstone: Duration::from_secs(3), ..Keep::DEFAULT };
        let writer = log.open(&RunId::random(), Meta { keep, ..meta() }).await.unwrap();
        log.append(&writer, 1, [record(1), record(2)].into()).await.unwrap();
        log.close(&writer, 3, RunState::Done, end()).await.unwrap();
        until("the end of the packets", async || matches!(log.read(&writer.run, 0, 1).await, Err(ReadError::Gone { first: 3 }))).await;
        let known = log.meta(&writer.run).await.unwrap().unwrap();
        assert_eq!((known.state, known.tail, known.first), (RunState::Done, 3, 3));
        assert_eq!(log.read(&writer.run, 2, 1).await.unwrap().records, [end()].into());
        assert!(log.read(&writer.run, 3, 1).await.unwrap().records.is_empty());
        until("the end of the run", async || matches!(log.read(&writer.run, 2, 1).await, Err(ReadError::Unknown))).await;
        assert!(log.meta(&writer.run).await.unwrap().is_none());
    }

    /// A follower can rely on hints most of the time, so that it need not poll often.
    async fn changes_are_hinted_at(log: Log) {
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        let mut changes = [log.changes(&writer.run), log.changes(&writer.run)];
        for first in 1..=4 {
            log.append(&writer, first, [record(first)].into()).await.unwrap();
            for changes in &mut changes {
                soon("a hint", changes.next()).await.unwrap();
            }
        }
    }
}

fn record(number: u64) -> Bytes {
    format!("j{number}").into()
}

fn end() -> Bytes {
    Bytes::from_static(b"d")
}
