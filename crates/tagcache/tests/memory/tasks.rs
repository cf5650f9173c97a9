//! What is kept in memory, asked by tasks.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use std::sync::mpsc::channel;

use tagcache::{AsyncCache, Policy, Source};
use tagcache_testkit::{Call, TestSys};
use tokio::runtime::Builder;

use crate::stage::Stage;

/// What a future comes to at once: whoever needs a thread of the pool is not ready, and has no runtime to get one from.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn with_kept_page() -> (Stage, AsyncCache<tagcache::Raw, TestSys>) {
    let stage = Stage::new();
    stage.keep("page");
    let cache = stage.cache.clone().into();
    (stage, cache)
}

#[test]
fn a_task_is_given_what_is_in_memory_without_the_pool() {
    let (_stage, cache) = with_kept_page();
    let hit = at_once(cache.get::<String>("page")).expect("at once").unwrap().expect("it is there");
    assert_eq!((hit.as_str(), hit.source()), ("value of page", Source::Memory));
    let computed = at_once(cache.get_with("page", &Policy::new(), async |_| String::from("computed")));
    assert_eq!(computed.expect("at once").source(), Source::Memory);
    assert_eq!(cache.stats().from_memory, 3, "each is counted, once; one more kept it");
}

#[tokio::test]
async fn a_task_that_demands_a_new_value_is_not_given_the_one_in_memory() {
    let (_stage, cache) = with_kept_page();
    let forced = cache.at(b"page").forced().compute(async |_| String::from("new")).await;
    assert_eq!((forced.as_str(), cache.stats().forced), ("new", 1));
}

#[tokio::test]
async fn a_task_is_told_of_an_invalidation_by_another_process() {
    let (stage, cache) = with_kept_page();
    stage.another_process().invalidate_tag("tag").unwrap();
    assert!(cache.get::<String>("page").await.unwrap().is_none());
    let hit = cache.get_with("page", &Policy::new(), async |_| String::from("computed")).await;
    assert_eq!(*hit, "computed");
}

#[test]
fn a_task_leaves_a_dead_file_to_the_pool() {
    let (stage, cache) = with_kept_page();
    stage.another_process().invalidate_tag("tag").unwrap();
    // The only thread of the pool is busy until the calls are counted.
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let (go, wait) = channel::<()>();
    runtime.spawn_blocking(move || wait.recv());
    let ((), calls) = stage.calls(|| {
        runtime
            .block_on(async { assert!(at_once(cache.get::<String>("page")).is_none(), "it asks the pool") });
    });
    assert_eq!(calls, [(Call::Stat, 1)], "neither closed nor opened");
    drop(go);
    assert!(runtime.block_on(cache.get::<String>("page")).unwrap().is_none());
    assert_eq!(stage.cache.in_memory(), 0, "closed by the pool");
}
