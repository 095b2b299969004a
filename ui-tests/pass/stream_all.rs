//! `self.stream_all(s)` takes every stream that a `while let` loop takes, also where its items, or the closures around
//! it, borrow from the method.
//!
//! An action has to be `Send`, and rustc proves that for all lifetimes at once. A closure over `&'a str` is a function
//! of one lifetime only, so wherever the proof has to look up the item of such a stream, it fails. `while let` does not
//! take every stream either: `.map(|line| ready(line.len())).buffered(2)` over borrowed lines fails in both.

// Every stream has the same locals beside it, and borrows a few.
#![allow(unused_mut, unused_variables)]

use std::{
    ops::RangeInclusive,
    pin::{Pin, pin},
    task::Poll,
};

use axum::http::StatusCode;
use futures_util::{
    FutureExt as _, Stream, StreamExt as _, TryStreamExt as _, future,
    stream::{self, FuturesOrdered, FuturesUnordered},
};
use outflow::{Controller as _, Packet, action, controller};
use outflow_ui_tests::run;
use serde::Serialize;
use tokio::sync::mpsc;

#[derive(Clone, Serialize)]
struct Row {
    id: u32,
    name: String,
}

fn rows() -> Vec<Row> {
    (1..=3).map(|id| Row { id, name: format!("row {id}") }).collect()
}

fn checked(line: &str) -> Result<(), StatusCode> {
    if line.is_empty() { Err(StatusCode::CONFLICT) } else { Ok(()) }
}

/// What the streams borrow from the method.
struct Locals {
    text: String,
    ids: Vec<u32>,
    rows: Vec<Row>,
    numbers: stream::Iter<RangeInclusive<u32>>,
}

fn locals() -> Locals {
    Locals { text: "one two\nthree".to_owned(), ids: vec![1, 2, 3], rows: rows(), numbers: stream::iter(1..=3) }
}

const WORDS: [&str; 3] = ["red", "green", "blue"];

/// What is called in the streams below, on `self`.
struct Tools {
    rows: Vec<Row>,
}

impl Tools {
    async fn double(&self, number: u32) -> u32 {
        number * 2
    }

    async fn size(&self, row: &Row) -> usize {
        self.rows.len() + row.name.len()
    }

    fn is_known(&self, row: &Row) -> bool {
        self.rows.iter().any(|known| known.id == row.id)
    }

    fn names(&self) -> impl Stream<Item = &str> {
        stream::iter(&self.rows).map(|row| row.name.as_str())
    }
}

fn channel<T: Send + 'static>(items: impl IntoIterator<Item = T>) -> impl Stream<Item = T> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    items.into_iter().for_each(|item| _ = sender.send(item));
    stream::poll_fn(move |context| receiver.poll_recv(context))
}

/// A controller with every stream in it, and each of them sent in every way. `results` are streams of `Result`s.
macro_rules! controller_of {
    (
        struct $controller:ident; $tools:ident = &$self:ident.tools;
        $locals:stmt;
        items { $($name:ident: $item:ty = $stream:expr;)* }
        results { $($result:ident: $ok:ty = $results:expr;)* }
    ) => {
        struct $controller {
            tools: Tools,
        }

        #[controller]
        impl $controller {
            #[action]
            async fn streamed(&$self) -> Result<(), StatusCode> {
                let $tools = &$self.tools;
                $locals;
                $($self.stream_all($stream);)*
                $($self.stream_all($results)?;)*
                Ok(())
            }

            #[action]
            async fn in_a_loop(&$self) -> Result<(), StatusCode> {
                let $tools = &$self.tools;
                $locals;
                $({
                    let mut stream = pin!($stream);
                    while let Some(item) = stream.next().await {
                        $self.stream(item);
                    }
                })*
                $({
                    let mut stream = pin!($results);
                    while let Some(item) = stream.next().await {
                        $self.stream(item?);
                    }
                })*
                Ok(())
            }

            #[action]
            async fn joined(&$self) -> Result<(), StatusCode> {
                let $tools = &$self.tools;
                $locals;
                $(tokio::join!(async { $self.stream_all($stream) });)*
                $(tokio::try_join!(async { $self.stream_all($results) })?;)*
                Ok(())
            }

            #[action]
            async fn helped(&$self) -> Result<(), StatusCode> {
                $self.helper().await
            }

            #[action(post, resumable)]
            async fn resumable(&$self) -> Result<(), StatusCode> {
                $self.helper().await
            }

            async fn helper(&$self) -> Result<(), StatusCode> {
                let $tools = &$self.tools;
                $locals;
                $($self.stream_all($stream);)*
                $($self.stream_all($results)?;)*
                Ok(())
            }
        }

        $(mod $name {
            use super::*;

            struct Typed {
                tools: Tools,
            }

            #[controller]
            impl Typed {
                #[action(item = $item)]
                async fn typed(&$self) {
                    let $tools = &$self.tools;
                    $locals;
                    $self.stream_all($stream);
                }
            }
        })*
    };
}

controller_of! {
    struct Matrix;
    tools = &self.tools;
    let Locals { text, ids, rows, mut numbers } = locals();
    items {
        // Owned items.
        array: u32 = stream::iter([1_u32, 2, 3]);
        mapped: String = stream::iter(1..=3_u32).map(|id| id.to_string());
        packets: Packet = stream::iter(1..=3_u32).map(|id| Packet::json(&id).event("id"));
        filtered: u32 = stream::iter(1..=3_u32).filter(|id| future::ready(id % 2 == 1));
        filtered_and_mapped: u32 = stream::iter(1..=3_u32).filter_map(|id| async move { id.checked_sub(2) });
        then: u32 = stream::iter(1..=3_u32).then(|id| async move { id + 1 });
        then_on_self: u32 = stream::iter(1..=3_u32).then(|id| async move { tools.double(id).await });
        then_a_method: u32 = stream::iter(1..=3_u32).then(|id| tools.double(id));
        inspected: u32 = stream::iter(1..=3_u32).inspect(|id| assert!(*id > 0));
        taken_while: u32 = stream::iter(1..=3_u32).take_while(|id| future::ready(*id < 3));
        skipped_while: u32 = stream::iter(1..=3_u32).skip_while(|id| future::ready(*id < 3));
        scanned: u32 = stream::iter(1..=3_u32).scan(0, |sum, id| {
            *sum += id;
            future::ready(Some(*sum))
        });
        flat_mapped: u32 = stream::iter(1..=3_u32).flat_map(|id| stream::iter(0..id));
        flattened: u32 = stream::iter([stream::iter([1_u32]), stream::iter([2])]).flatten();
        buffered: u32 = stream::iter(1..=3_u32).map(|id| async move { tools.double(id).await }).buffered(2);
        unordered: u32 = stream::iter(1..=3_u32).map(future::ready).buffer_unordered(1);
        chunked: Vec<u32> = stream::iter(1..=3_u32).chunks(2);
        ready_chunks: Vec<u32> = stream::iter(1..=3_u32).ready_chunks(2);
        enumerated: (usize, u32) = stream::iter(1..=3_u32).enumerate();
        zipped: (u32, char) = stream::iter(1..=3_u32).zip(stream::iter(['a', 'b']));
        chained: u32 = stream::iter(1..=3_u32).chain(stream::iter([4]));
        selected: u32 = stream::select(stream::iter([1_u32]), stream::iter([2]));
        selected_from_all: u32 = stream::select_all([stream::iter([1_u32]), stream::iter([2])]);
        peekable: u32 = stream::iter(1..=3_u32).peekable();
        cycled: u32 = stream::iter(1..=3_u32).cycle().take(5);
        until: u32 = stream::iter(1..=3_u32).take_until(future::pending::<()>());
        once: u32 = stream::once(tools.double(1));
        from_a_future: u32 = tools.double(1).into_stream();
        repeated: u32 = stream::repeat_with(|| ids.len() as u32).take(2);
        unfolded: u32 = stream::unfold(0_u32, |id| async move { (id < 3).then_some((id, id + 1)) });
        polled: u32 = {
            let mut ids = 1..=3_u32;
            stream::poll_fn(move |_| Poll::Ready(ids.next()))
        };
        received: u32 = channel([1_u32, 2, 3]);
        received_and_mapped: u32 = channel([1_u32, 2, 3]).map(|id| id + 1);
        of_futures: u32 = ids.iter().map(|id| tools.double(*id)).collect::<FuturesOrdered<_>>();
        of_unordered_futures: u32 = ids.iter().take(1).map(|id| tools.double(*id)).collect::<FuturesUnordered<_>>();
        boxed: u32 = stream::iter(1..=3_u32).map(|id| id + 1).boxed();
        a_trait_object: u32 = Box::pin(stream::iter(1..=3_u32)) as Pin<Box<dyn Stream<Item = u32> + Send>>;
        by_reference: u32 = &mut numbers;
        generated: u32 = async_stream::stream! {
            for id in 1..=3_u32 {
                yield id;
            }
        };
        generated_on_self: u32 = async_stream::stream! {
            for id in 1..=3_u32 {
                yield tools.double(id).await;
            }
        };
        // `&str` of a local.
        lines: &str = stream::iter(text.lines());
        lengths: usize = stream::iter(text.lines().map(|line| line.len()));
        lengths_by_path: usize = stream::iter(text.lines().map(str::len));
        long_lines: &str = stream::iter(text.lines().filter(|line| line.len() > 5));
        chars: char = stream::iter(text.chars().filter(|char| char.is_alphabetic()));
        lines_mapped: usize = stream::iter(text.lines()).map(|line| line.len());
        lines_mapped_with_a_type: usize = stream::iter(text.lines()).map(|line: &str| line.len());
        lines_owned: String = stream::iter(text.lines()).map(String::from);
        lines_owned_by_path: String = stream::iter(text.lines()).map(str::to_string);
        lines_trimmed: &str = stream::iter(text.lines()).map(|line| line.trim());
        lines_filtered: &str = stream::iter(text.lines()).filter(|line| future::ready(line.len() > 5));
        lines_filtered_by_async: &str = stream::iter(text.lines()).filter(|line| {
            let is_long = line.len() > 5;
            async move { is_long }
        });
        lines_filtered_and_mapped: &str = stream::iter(text.lines())
            .filter_map(|line| async move { line.strip_prefix("o") });
        lines_then: usize = stream::iter(text.lines()).then(|line| async move { line.len() });
        lines_then_ready: usize = stream::iter(text.lines()).then(|line| future::ready(line.len()));
        lines_inspected: &str = stream::iter(text.lines()).inspect(|line| assert!(!line.is_empty()));
        lines_taken_while: &str = stream::iter(text.lines()).take_while(|line| future::ready(line.len() > 5));
        lines_skipped_while: &str = stream::iter(text.lines()).skip_while(|line| future::ready(line.len() > 5));
        lines_scanned: usize = stream::iter(text.lines()).scan(0, |sum, line| {
            *sum += line.len();
            future::ready(Some(*sum))
        });
        lines_flat_mapped: &str = stream::iter(text.lines()).flat_map(|line| stream::iter(line.split(' ')));
        lines_chunked: Vec<&str> = stream::iter(text.lines()).chunks(2);
        lines_enumerated: (usize, &str) = stream::iter(text.lines()).enumerate();
        lines_enumerated_and_mapped: usize = stream::iter(text.lines())
            .enumerate()
            .map(|(index, line)| index + line.len());
        lines_zipped: (&str, &u32) = stream::iter(text.lines()).zip(stream::iter(&ids));
        lines_chained: &str = stream::iter(text.lines()).map(|line| line.trim()).chain(stream::iter(["end"]));
        lines_selected: usize = stream::select(stream::iter(text.lines()).map(|line| line.len()), stream::iter([1]));
        lines_until: usize = stream::iter(text.lines())
            .map(|line| line.len())
            .take_until(future::pending::<()>());
        lines_boxed: usize = stream::iter(text.lines()).map(|line| line.len()).boxed();
        lines_boxed_and_mapped: usize = stream::iter(text.lines()).boxed().map(|line| line.len());
        lines_unfolded: &str = stream::unfold(text.lines(), |mut lines| async move { Some((lines.next()?, lines)) });
        lines_generated: &str = {
            let text = &text;
            async_stream::stream! {
                for line in text.lines() {
                    yield line;
                }
            }
        };
        lines_generated_and_mapped: usize = {
            let text = &text;
            async_stream::stream! {
                for line in text.lines() {
                    yield line;
                }
            }
            .map(|line| line.len())
        };
        // `&'static str`.
        words: &str = stream::iter(["red", "green"]);
        words_mapped: String = stream::iter(["red", "green"]).map(|word| word.to_uppercase());
        words_filtered: &str = stream::iter(["red", "green"]).filter(|word| future::ready(word.len() > 3));
        words_then: usize = stream::iter(["red", "green"]).then(|word| async move { word.len() });
        words_of_a_constant: usize = stream::iter(WORDS.iter().map(|word| word.len()));
        words_unfolded: &str = stream::unfold(WORDS.iter(), |mut words| async move { Some((*words.next()?, words)) });
        words_received: &str = channel(["red", "green"]);
        words_received_and_mapped: usize = channel(["red", "green"]).map(|word| word.len());
        // `&T` of a local.
        rows_of_a_local: Row = stream::iter(&rows);
        ids_of_a_local: u32 = stream::iter(rows.iter().map(|row| row.id));
        rows_cloned: Row = stream::iter(rows.iter().cloned());
        rows_picked: Row = stream::iter(rows.iter().filter(|row| row.id > 1));
        rows_mapped: u32 = stream::iter(&rows).map(|row| row.id);
        rows_mapped_to_a_part: &str = stream::iter(&rows).map(|row| row.name.as_str());
        rows_filtered: Row = stream::iter(&rows).filter(|row| future::ready(row.id > 1));
        rows_filtered_and_mapped: &String = stream::iter(&rows)
            .filter_map(|row| async move { (row.id > 1).then_some(&row.name) });
        rows_then: usize = stream::iter(&rows).then(|row| async move { tools.size(row).await });
        rows_flat_mapped: char = stream::iter(&rows).flat_map(|row| stream::iter(row.name.chars()));
        rows_sliced: &[Row] = stream::iter(rows.chunks(2));
        rows_zipped: (&Row, &u32) = stream::iter(&rows).zip(stream::iter(&ids));
        rows_on_self: Row = stream::iter(&rows).filter(|row| future::ready(tools.is_known(row)));
        rows_captured: bool = stream::iter(1..=3_u32).map(|id| rows.iter().any(|row| row.id == id));
        // `&T` of a field of `self`.
        fields: Row = stream::iter(&tools.rows);
        fields_mapped: u32 = stream::iter(&tools.rows).map(|row| row.id);
        fields_mapped_by_a_method: bool = stream::iter(&tools.rows).map(|row| tools.is_known(row));
        fields_then: usize = stream::iter(&tools.rows).then(|row| async move { tools.size(row).await });
        fields_then_a_method: usize = stream::iter(&tools.rows).then(|row| tools.size(row));
        fields_unfolded: Row = stream::unfold(tools.rows.iter(), |mut rows| async move { Some((rows.next()?, rows)) });
        fields_generated: Row = async_stream::stream! {
            for row in &tools.rows {
                yield row;
            }
        };
        fields_generated_and_mapped: u32 = async_stream::stream! {
            for row in &tools.rows {
                yield row;
            }
        }
        .map(|row| row.id);
        fields_of_a_method: &str = tools.names();
        fields_of_a_method_mapped: usize = tools.names().map(|name| name.len());
    }
    results {
        results: u32 = stream::iter([Ok::<u32, StatusCode>(1), Ok(2)]);
        results_stopped: u32 = stream::iter([Ok::<u32, StatusCode>(1)]).map(|id| id);
        results_of_rows: u32 = stream::iter(rows.iter().map(|row| Ok::<_, StatusCode>(row.id)));
        results_of_borrows: &Row = stream::iter(rows.iter().map(Ok::<_, StatusCode>));
        results_mapped: &Row = stream::iter(&rows).map(Ok::<_, StatusCode>);
        results_mapped_ok: u32 = stream::iter(&rows).map(Ok::<_, StatusCode>).map_ok(|row| row.id);
        results_and_then: u32 = stream::iter(&rows).map(Ok::<_, StatusCode>).and_then(|row| async move { Ok(row.id) });
        results_of_lines: &str = stream::iter(text.lines()).map(Ok::<_, StatusCode>);
        results_parsed: usize = stream::iter(text.lines().take(1).map(|line| line.find('o').ok_or(())))
            .map_err(|()| StatusCode::CONFLICT);
        results_then: usize = stream::iter(&tools.rows)
            .then(|row| async move { Ok::<_, StatusCode>(tools.size(row).await) });
        results_unfolded: u32 = stream::try_unfold(0_u32, |id| async move {
            Ok::<_, StatusCode>((id < 3).then_some((id, id + 1)))
        });
        results_generated: &str = {
            let text = &text;
            async_stream::try_stream! {
                for line in text.lines() {
                    checked(line)?;
                    yield line;
                }
            }
            .map_err(|error: StatusCode| error)
        };
        results_boxed: &Row = stream::iter(&rows).map(Ok::<_, StatusCode>).boxed();
        results_received: &str = channel([Ok::<_, StatusCode>("red"), Ok("green")]);
        results_borrowed_errors: u32 = stream::iter(text.lines())
            .map(|line| line.parse().or(Err::<u32, _>(line)))
            .or_else(|line| future::ready(line.len().try_into()))
            .map_err(|_| StatusCode::CONFLICT);
    }
}

fn main() {
    let matrix = Matrix { tools: Tools { rows: rows() } };
    let looped = run(matrix.in_a_loop());
    assert!(looped.0.len() > 200, "{}", looped.0.len());
    assert_eq!(run(matrix.streamed()), looped);
    assert_eq!(run(matrix.joined()), looped);
    assert_eq!(run(matrix.helped()), looped);
    assert_eq!(run(matrix.resumable()), looped);
    let _router: axum::Router = matrix.into_router();
}
