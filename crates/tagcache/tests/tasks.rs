//! The verbs for tasks: one computation for many, nothing left behind by those who are dropped, and nobody waits for
//! himself.

#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

use std::fs;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tagcache::{
    AfterWait, AsyncBegun, AsyncCache, Builder, ComputeError, Error, Hit, Policy, Raw, Source, Stored,
};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinSet, yield_now};

fn cache() -> (TempDir, AsyncCache<Raw>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    (dir, cache.into())
}

/// A machine under load must not change what a test sees.
fn patient() -> Policy {
    Policy::new().wait_limit(Duration::from_secs(60))
}

fn text(text: &str) -> String {
    String::from(text)
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        yield_now().await;
    }
}

/// No draft and no lease.
fn is_clean(dir: &TempDir) -> bool {
    ["tmp", "locks"].iter().all(|folder| {
        fs::read_dir(dir.path().join(folder)).map_or(true, |mut listing| listing.next().is_none())
    })
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn was_computed<T>(hit: &Hit<T>) -> bool {
    matches!(hit.source(), Source::Computed { .. })
}

/// A computation that ends when it is told to, and says that it began.
struct Leader {
    end: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Hit<String>>,
}

async fn lead(cache: &AsyncCache<Raw>) -> Leader {
    let (end, ended) = oneshot::channel();
    let (begin, begun) = oneshot::channel();
    let cache = cache.clone();
    let task = tokio::spawn(async move {
        cache
            .get_with("page", &patient(), async |_| {
                begin.send(()).unwrap();
                let _ = ended.await;
                text("page")
            })
            .await
    });
    begun.await.unwrap();
    Leader { end, task }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_tasks_one_computes() {
    let (_dir, cache) = cache();
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let cache = cache.clone();
        tasks.spawn(async move {
            cache
                .get_with("page", &patient(), async |_| {
                    yield_now().await;
                    text("page")
                })
                .await
        });
    }
    let hits = tasks.join_all().await;
    assert!(hits.iter().all(|hit| **hit == "page"));
    assert_eq!(hits.iter().filter(|hit| was_computed(hit)).count(), 1);
    assert_eq!(cache.stats().computed, 1);
}

#[tokio::test]
async fn a_thousand_tasks_hold_a_handful_of_threads_and_those_that_are_dropped_leave_nothing() {
    let (dir, cache) = cache();
    let before = threads();
    let leader = lead(&cache).await;
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let cache = cache.clone();
        tasks.spawn(async move { cache.get_with("page", &patient(), async |_| text("?")).await });
    }
    until(|| cache.stats().waits == 1000).await;
    // Other tests of this program run in threads of their own, with runtimes of their own.
    assert!(threads() < before + 30, "{} threads, {before} before", threads());

    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    leader.task.abort();
    assert!(leader.task.await.unwrap_err().is_cancelled());
    until(|| is_clean(&dir)).await;
    assert_eq!(cache.stats().computed, 0);
    assert!(was_computed(&cache.get_with("page", &patient(), async |_| text("new")).await));
}

#[tokio::test]
async fn a_leader_that_is_dropped_does_not_fail_those_who_follow() {
    let (dir, cache) = cache();
    let leader = lead(&cache).await;
    let follower = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_with("page", &patient(), async |_| text("mine")).await }
    });
    until(|| cache.stats().waits == 1).await;
    leader.task.abort();
    let hit = follower.await.unwrap();
    assert_eq!((hit.as_str(), was_computed(&hit)), ("mine", true));
    until(|| is_clean(&dir)).await;
}

#[tokio::test]
async fn a_thread_follows_a_task_and_a_task_a_thread() {
    let (_dir, cache) = cache();
    let leader = lead(&cache).await;
    let blocking = cache.blocking().clone();
    let thread = tokio::task::spawn_blocking(move || blocking.get_with("page", &patient(), |_| text("?")));
    until(|| cache.stats().waits == 1).await;
    leader.end.send(()).unwrap();
    assert!(was_computed(&leader.task.await.unwrap()));
    assert_eq!(thread.await.unwrap().source(), Source::Disk);

    let (end, ended) = std::sync::mpsc::channel();
    let (begin, begun) = oneshot::channel();
    let blocking = cache.blocking().clone();
    let thread = tokio::task::spawn_blocking(move || {
        blocking.get_with("other", &patient(), |_| {
            begin.send(()).unwrap();
            ended.recv().unwrap();
            text("other")
        })
    });
    begun.await.unwrap();
    let (waits, policy) = (cache.stats().waits, patient());
    let follows = cache.get_with("other", &policy, async |_| text("?"));
    let ends = async {
        until(|| cache.stats().waits > waits).await;
        end.send(()).unwrap();
    };
    let (hit, ()) = tokio::join!(follows, ends);
    assert_eq!((hit.as_str(), hit.source()), ("other", Source::Disk));
    thread.await.unwrap();
}

/// The future is polled so many times and then dropped, for every number up to the one with which it ends. How many that
/// are depends on how fast the files are, so there are several rounds.
#[tokio::test]
async fn dropped_at_any_await_it_leaves_nothing_and_the_next_caller_goes_on() {
    let (dir, cache) = cache();
    let policy = patient().tag("blog");
    let (mut round, mut allowed) = (0, 0);
    while round < 20 {
        let key = format!("page {round} {allowed}");
        let ended = {
            let mut call = pin!(cache.get_with(&key, &policy, async |fill| {
                yield_now().await;
                fill.previous::<String>().await;
                text("page")
            }));
            let mut polls = 0;
            poll_fn(|context| {
                if polls == allowed {
                    return Poll::Ready(false);
                }
                polls += 1;
                call.as_mut().poll(context).map(|_| true)
            })
            .await
        };
        until(|| is_clean(&dir)).await;
        assert_eq!(*cache.get_with(&key, &policy, async |_| text("page")).await, "page");
        assert!(!ended || allowed >= 2, "it waits at least where the computation does");
        (round, allowed) = if ended { (round + 1, 0) } else { (round, allowed + 1) };
    }
}

#[tokio::test]
async fn a_panic_passes_through_and_the_next_caller_computes() {
    let (dir, cache) = cache();
    let panics = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_with::<String, _>("page", &patient(), async |_| panic!("of the test")).await }
    });
    assert!(panics.await.unwrap_err().is_panic());
    assert!(was_computed(&cache.get_with("page", &patient(), async |_| text("page")).await));
    until(|| is_clean(&dir)).await;
}

#[tokio::test]
async fn who_asks_for_what_it_computes_computes_it_uncached() {
    let (_dir, cache) = cache();
    let hit = cache
        .get_with("page", &patient(), async |_| {
            let inner = cache.get_with("page", &patient(), async |_| text("inner")).await;
            assert!(matches!(inner.source(), Source::Computed { stored: Stored::Fault, .. }), "{inner:?}");
            format!("outer of {}", *inner)
        })
        .await;
    assert_eq!((hit.as_str(), cache.stats().reentrant), ("outer of inner", 1));
}

#[tokio::test]
async fn two_futures_of_one_task_are_two_callers() {
    let (_dir, cache) = cache();
    let policy = patient();
    let ask = || {
        cache.get_with("page", &policy, async |_| {
            yield_now().await;
            text("page")
        })
    };
    let (one, two) = tokio::join!(ask(), ask());
    assert_eq!(usize::from(was_computed(&one)) + usize::from(was_computed(&two)), 1);
    assert_eq!(cache.stats().reentrant, 0);
}

#[tokio::test]
async fn tasks_that_would_wait_for_each_other_do_not() {
    let (_dir, cache) = cache();
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let ask = |first: &'static str, second: &'static str| {
        let (cache, both) = (cache.clone(), Arc::clone(&both));
        tokio::spawn(async move {
            cache
                .get_with(first, &patient(), async |_| {
                    both.wait().await;
                    cache.get_with(second, &patient(), async |_| text("part")).await.into_owned()
                })
                .await
        })
    };
    let (one, two) = (ask("a", "b"), ask("b", "a"));
    assert_eq!((one.await.unwrap().as_str(), two.await.unwrap().as_str()), ("part", "part"));
    assert_eq!(cache.stats().cycles, 1);
}

#[tokio::test]
async fn a_fill_without_a_closure_stores_what_it_is_given() {
    let (dir, cache) = cache();
    let AsyncBegun::Fill(fill) = cache.begin::<String>("page", &patient()).await.unwrap() else {
        panic!("nothing is stored")
    };
    let again = cache.begin::<String>("page", &patient()).await;
    assert!(matches!(again, Err(Error::LeaseHeldHere { .. })), "by the same task");
    fill.add_tag("blog");
    assert!(matches!(fill.commit(text("page")).await.source(), Source::Computed { stored: Stored::Yes, .. }));
    assert_eq!(cache.invalidate_tag("blog").await.unwrap(), 1);

    drop(cache.begin::<String>("page", &patient()).await.unwrap());
    until(|| is_clean(&dir)).await;
}

#[tokio::test]
async fn an_error_comes_back_unchanged_unless_an_old_value_stands_in() {
    let (_dir, cache) = cache();
    let policy = patient().stale_if_error(Duration::from_secs(60));
    let failed = cache.try_get_with("page", &policy, async |_| Err::<String, _>("no database")).await;
    assert_eq!(failed.unwrap_err(), "no database");
    cache.put("page", text("old"), &policy).await.unwrap();
    cache.expire_key("page").await.unwrap();
    let stood_in = cache.try_get_with("page", &policy, async |_| Err::<String, _>("no database")).await;
    assert_eq!(*stood_in.unwrap(), "old");
}

#[tokio::test]
async fn who_waited_too_long_is_told_so_where_the_policy_says_it() {
    let (_dir, cache) = cache();
    let leader = lead(&cache).await;
    let policy = Policy::new().wait_limit(Duration::from_millis(1)).after_wait(AfterWait::Fail);
    let waited = cache.at("page").policy(&policy).try_compute(async |_| Ok::<_, ()>(text("?"))).await;
    assert!(matches!(waited, Err(ComputeError::Cache(Error::WaitedTooLong { .. }))));
    let computed = cache.get_with("page", &policy, async |_| text("own")).await;
    assert!(matches!(computed.source(), Source::Computed { stored: Stored::Unleased, .. }));
    leader.end.send(()).unwrap();
    leader.task.await.unwrap();
}

#[tokio::test]
async fn a_panic_behind_the_caller_is_counted_and_the_next_one_computes() {
    let (dir, cache) = cache();
    cache.put("page", text("old"), &Policy::new()).await.unwrap();
    cache.expire_key("page").await.unwrap();
    let hit = cache.at("page").compute_behind::<String, _>(async |_| panic!("of the test")).await;
    assert_eq!(*hit, "old");
    until(|| cache.stats().behind_panics == 1 && is_clean(&dir)).await;
    assert_eq!(*cache.get_with("page", &Policy::new(), async |_| text("new")).await, "new");
}

#[test]
fn a_runtime_that_ends_in_the_middle_leaves_nothing() {
    for workers in [1, 2] {
        let (dir, cache) = cache();
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(workers).enable_all().build().unwrap();
        let computing = Arc::new(AtomicUsize::new(0));
        let never = Arc::new(Notify::new());
        for number in 0..20 {
            let (cache, computing, never) = (cache.clone(), Arc::clone(&computing), Arc::clone(&never));
            runtime.spawn(async move {
                let compute = async |_| {
                    computing.fetch_add(1, Ordering::SeqCst);
                    never.notified().await;
                    text("?")
                };
                cache.get_with(format!("page {number}"), &patient(), compute).await
            });
        }
        runtime.block_on(until(|| computing.load(Ordering::SeqCst) == 20));
        drop(runtime);
        assert!(is_clean(&dir));
        let other = tokio::runtime::Runtime::new().unwrap();
        let policy = patient();
        assert_eq!(*other.block_on(cache.get_with("page 7", &policy, async |_| text("page"))), "page");
    }
}

#[tokio::test]
async fn every_verb_can_be_spawned() {
    fn sends<F: Future + Send>(future: F) -> F {
        future
    }
    let (_dir, cache) = cache();
    let policy = Policy::new().tag("blog");
    sends(cache.put("page", text("page"), &policy)).await.unwrap();
    assert_eq!(*sends(cache.get::<String>("page")).await.unwrap().unwrap(), "page");
    assert!(sends(cache.lookup::<String>("page")).await.unwrap().fresh().is_some());
    assert_eq!(sends(cache.expire_tags(["blog"])).await.unwrap(), 1);
    assert_eq!(sends(cache.invalidate_all_of(["blog"])).await.unwrap(), 1);
    sends(cache.clear()).await.unwrap();
    assert!(sends(cache.sweep()).await.unwrap().finished);
    sends(cache.replace("page", text("new"), &policy)).await.unwrap();
    assert!(sends(cache.invalidate_key("page")).await.unwrap());
    sends(cache.get_with("page", &policy, async |fill| {
        fill.add_tag("more");
        yield_now().await;
        text("page")
    }))
    .await;
}
