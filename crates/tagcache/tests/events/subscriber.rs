//! A subscriber that writes down what it is told under the target `tagcache`.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

/// A span: its name and its fields, as `name key=value …`.
#[derive(Clone, Debug)]
struct Seen {
    name: &'static str,
    fields: Fields,
}

/// Fields in the order in which they were recorded; one that is recorded again is the last one.
#[derive(Clone, Debug, Default)]
struct Fields(Vec<(&'static str, String)>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.retain(|(name, _)| *name != field.name());
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Fields {
    fn print(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.0 {
            if *name != "message" {
                write!(line, " {name}={value}").unwrap();
            }
        }
        line
    }

    fn message(&self) -> &str {
        self.0.iter().find(|(name, _)| *name == "message").map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Written {
    spans: Vec<Seen>,
    /// A stack for each thread: one that computes behind the caller tells the same subscriber.
    entered: HashMap<ThreadId, Vec<usize>>,
    events: Vec<String>,
}

/// What one thread told, and those that it started.
#[derive(Clone, Default)]
pub(crate) struct Scribe(Arc<Mutex<Written>>);

impl Scribe {
    /// What is told by this thread while `act` runs.
    pub(crate) fn during(act: impl FnOnce()) -> Self {
        let scribe = Self::default();
        subscriber::with_default(scribe.clone(), act);
        scribe
    }

    /// The spans, as `name field=value …`.
    pub(crate) fn spans(&self) -> Vec<String> {
        let written = self.0.lock().unwrap();
        written.spans.iter().map(|span| format!("{}{}", span.name, span.fields.print())).collect()
    }

    /// The events that are no looks, as `LEVEL message field=value … in span key`.
    pub(crate) fn events(&self) -> Vec<String> {
        let written = self.0.lock().unwrap();
        written.events.iter().filter(|event| !event.starts_with("TRACE")).cloned().collect()
    }

    /// The looks.
    pub(crate) fn looks(&self) -> Vec<String> {
        let written = self.0.lock().unwrap();
        written.events.iter().filter(|event| event.starts_with("TRACE")).cloned().collect()
    }

    /// Everything, for what must not be in it.
    pub(crate) fn everything(&self) -> String {
        let events = self.0.lock().unwrap().events.join("\n");
        format!("{}\n{events}", self.spans().join("\n"))
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tagcache"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut written = self.0.lock().unwrap();
        written.spans.push(Seen { name: span.metadata().name(), fields });
        Id::from_u64(written.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut written = self.0.lock().unwrap();
        values.record(&mut written.spans[index(span)].fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut written = self.0.lock().unwrap();
        let entered = written.entered.get(&thread::current().id());
        let span = entered.and_then(|entered| entered.last()).map(|span| &written.spans[*span]);
        let of = span.map_or(String::new(), |span| format!(" in {}", span.name));
        let line = format!("{} {}{}{of}", event.metadata().level(), fields.message(), fields.print());
        written.events.push(line);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.entry(thread::current().id()).or_default().push(index(span));
    }

    fn exit(&self, span: &Id) {
        let left = self.0.lock().unwrap().entered.entry(thread::current().id()).or_default().pop();
        assert_eq!(left, Some(index(span)), "spans are left in order");
    }
}

fn index(span: &Id) -> usize {
    usize::try_from(span.into_u64() - 1).unwrap()
}
