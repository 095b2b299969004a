//! A subscriber for the whole binary that remembers the spans of streams.
//!
//! One for all threads, because `tracing` remembers for all of them whether anybody wants to know of a span. A test
//! finds its own by the route.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tracing::{
    Event, Id, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};

/// A span, and the events within it.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub name: &'static str,
    pub parent: Option<u64>,
    fields: HashMap<&'static str, String>,
}

impl Span {
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// From now on spans are remembered.
pub fn remember() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Remember).unwrap());
}

/// The streams of this route.
pub fn streams(route: &str) -> Vec<Span> {
    spans().iter().filter(|span| span.name == "stream" && span.field("route") == route).cloned().collect()
}

/// The span that this one is in.
pub fn parent(span: &Span) -> Option<Span> {
    Some(spans()[index(span.parent?)].clone())
}

static SPANS: Mutex<Vec<Span>> = Mutex::new(Vec::new());

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn spans() -> MutexGuard<'static, Vec<Span>> {
    SPANS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn index(id: u64) -> usize {
    usize::try_from(id).unwrap() - 1
}

struct Remember;

impl Subscriber for Remember {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && ["outflow", "tower_http"].iter().any(|crate_| metadata.target().starts_with(crate_))
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let parent = attributes.parent().map(Id::into_u64);
        let current = || ENTERED.with_borrow(|entered| entered.last().copied());
        let parent = if attributes.is_contextual() { current() } else { parent };
        let mut span = Span { name: attributes.metadata().name(), parent, ..Span::default() };
        attributes.record(&mut span);
        let mut spans = spans();
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut spans()[index(id.into_u64())]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, id: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            let place = entered.iter().rposition(|it| *it == id.into_u64());
            place.map(|place| entered.remove(place));
        });
    }
}
