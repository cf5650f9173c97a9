//! A recorder that remembers what it was told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

#[derive(Default)]
pub(crate) struct Told {
    /// By name and labels, as in `name{label=value,…}`.
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    samples: Arc<Samples>,
    units: Mutex<BTreeMap<String, Option<Unit>>>,
}

#[derive(Default)]
pub(crate) struct Samples(Mutex<Vec<f64>>);

impl HistogramFn for Samples {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

impl Told {
    /// What is told by this thread while `act` runs.
    pub(crate) fn during(act: impl FnOnce()) -> Self {
        let told = Self::default();
        with_local_recorder(&told, act);
        told
    }

    /// The counters that moved.
    pub(crate) fn counters(&self) -> Vec<(String, u64)> {
        let counters = self.counters.lock().unwrap();
        let counters = counters.iter().map(|(key, count)| (key.clone(), count.load(Ordering::Relaxed)));
        counters.filter(|(_, count)| *count > 0).collect()
    }

    /// The sum of one metric over its labels.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        let is_of =
            |key: &str| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        self.counters().iter().filter(|(key, _)| is_of(key)).map(|(_, count)| count).sum()
    }

    pub(crate) fn samples(&self) -> Vec<f64> {
        self.samples.0.lock().unwrap().clone()
    }

    pub(crate) fn units(&self) -> BTreeMap<String, Option<Unit>> {
        self.units.lock().unwrap().clone()
    }

    fn describe(&self, key: &KeyName, unit: Option<Unit>) {
        self.units.lock().unwrap().insert(key.as_str().to_owned(), unit);
    }
}

impl Recorder for Told {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&key, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = match labels.is_empty() {
            true => key.name().to_owned(),
            false => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Counter::from_arc(Arc::clone(self.counters.lock().unwrap().entry(name).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("there are no gauges, and {key} is one")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        assert_eq!(key.name(), "tagcache_compute_seconds");
        Histogram::from_arc(Arc::clone(&self.samples))
    }
}
