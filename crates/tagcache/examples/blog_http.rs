//! The blog over HTTP: each page is cached for a week, and one request makes invalid whatever shows a thing that changed.
//!
//! ```text
//! cargo run --release --features tokio --example blog_http              # http://127.0.0.1:3000
//! cargo run --release --features tokio --example blog_http -- --check   # asks itself on a free port, and ends
//!
//! curl -i http://127.0.0.1:3000/                                        # Cache-Status: tagcache; fwd=miss; stored
//! curl -i http://127.0.0.1:3000/                                        # Cache-Status: tagcache; hit
//! curl -X POST http://127.0.0.1:3000/invalidate/bio                     # 2 links removed: the home page and this one
//! ```
//!
//! A visitor who goes away while a page is made takes nothing with him: the request is dropped, the lease is given back, and
//! the next visitor's request makes the page. A thousand visitors of one cold page are one rendering.

#![allow(clippy::print_stdout)]

#[allow(dead_code, reason = "the other example uses the rest")]
#[path = "blog/site.rs"]
mod site;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tagcache::{AsyncCache, FillHandle, Hit, Policy, Postcard, Source, Stored};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use site::{Page, Site};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Clone)]
struct Blog {
    cache: AsyncCache<Postcard>,
    site: Arc<Site>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let workshop = tempfile::tempdir()?;
    let site = Arc::new(Site::check_out(&workshop.path().join("content"))?);
    let cache = AsyncCache::open(workshop.path().join("cache")).await?;
    let blog = Blog { cache, site };
    let routes = Router::new()
        .route("/", get(home))
        .route("/about", get(about))
        .route("/{slug}", get(one_post))
        .route("/invalidate/{tag}", post(invalidate))
        .with_state(blog.clone());
    if std::env::args().any(|arg| arg == "--check") {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move { axum::serve(listener, routes).await });
        let checked = check(&address, &blog).await;
        server.abort();
        return checked;
    }
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

async fn home(State(blog): State<Blog>) -> Response {
    let policy = Policy::new().expire_in(WEEK).tags(["blog-new", "bio"]);
    blog.page("blog-home", &policy, |site, _| site.render_home()).await
}

async fn about(State(blog): State<Blog>) -> Response {
    blog.page("about", &Policy::new().expire_in(WEEK).tag("bio"), |site, _| site.render_about()).await
}

async fn one_post(State(blog): State<Blog>, Path(slug): Path<String>) -> Response {
    // A slug is a name, and no path.
    if slug.contains(['/', '.']) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let key = format!("post/{slug}");
    blog.page(&key, &Policy::new().expire_in(WEEK), move |site, fill| {
        fill.add_tag(format!("post/{slug}"));
        site.render_post(&slug)
    })
    .await
}

async fn invalidate(State(blog): State<Blog>, Path(tag): Path<String>) -> Response {
    match blog.cache.invalidate_tag(&tag).await {
        Ok(links) => format!("{links} links removed\n").into_response(),
        // Something may still be served: whoever asked must know.
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

impl Blog {
    /// A page out of the cache, else rendered; rendering reads files, so it has a thread of its own.
    async fn page(
        &self,
        key: &str,
        policy: &Policy,
        render: impl FnOnce(&Site, &FillHandle<Postcard>) -> io::Result<Page> + Send + 'static,
    ) -> Response {
        let page = self
            .cache
            .try_get_with(key, policy, async |fill| {
                let site = Arc::clone(&self.site);
                tokio::task::spawn_blocking(move || render(&site, &fill)).await.map_err(io::Error::other)?
            })
            .await;
        match page {
            Ok(hit) => ([("Cache-Status", status(&hit))], Html(hit.html.clone())).into_response(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => StatusCode::NOT_FOUND.into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// What the cache did, in the words of RFC 9211.
fn status(hit: &Hit<Page>) -> String {
    match hit.source() {
        Source::Stale(_) | Source::StandIn(_) => "tagcache; hit; detail=stale".into(),
        Source::Computed { stored: Stored::Yes, .. } => "tagcache; fwd=miss; stored".into(),
        Source::Computed { stored, .. } => format!("tagcache; fwd=miss; detail={}", stored.word()),
        _ => "tagcache; hit".into(),
    }
}

/// A visitor and an editor, who know what they should see.
async fn check(address: &str, blog: &Blog) -> Result<()> {
    let visitors: Vec<_> = (0..50)
        .map(|_| {
            let address = address.to_owned();
            tokio::spawn(async move { request(&address, "GET /").await.map_err(|error| error.to_string()) })
        })
        .collect();
    let mut made = 0;
    for visitor in visitors {
        made += usize::from(visitor.await??.contains("fwd=miss; stored"));
    }
    assert_eq!(made, 1, "fifty visitors of a cold page are one rendering");
    let seen = request(address, "GET /").await?;
    assert!(seen.contains("tagcache; hit") && seen.contains("three soldering irons"), "{seen}");
    assert!(request(address, "GET /about").await?.contains("fwd=miss; stored"));
    assert!(request(address, "GET /nothing").await?.starts_with("HTTP/1.0 404"));

    blog.site.edit_bio("three soldering irons", "four soldering irons")?;
    assert!(request(address, "POST /invalidate/bio").await?.contains("2 links removed"));
    let seen = request(address, "GET /").await?;
    assert!(seen.contains("fwd=miss; stored") && seen.contains("four soldering irons"), "{seen}");
    println!("checked: {:#?}", blog.cache.stats());
    Ok(())
}

/// The whole response, head and body.
async fn request(address: &str, line: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{line} HTTP/1.0\r\n\r\n").as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
