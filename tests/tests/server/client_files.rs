//! The browser client, as a page gets it.

use axum::http::{Method, Response, StatusCode};
use outflow::test::{Client, Request};

fn client() -> Client {
    Client::new(outflow::client::router())
}

/// The head and the body of an answer.
async fn send(request: Request<'_>) -> (Response<()>, String) {
    let mut answer = request.start();
    (answer.head().await, String::from_utf8(answer.wire().await.into()).unwrap())
}

#[tokio::test]
async fn the_script_and_the_module_are_served() {
    let client = client();
    for path in ["/outflow.js", "/outflow.full.js", "/outflow.mjs"] {
        let (head, body) = send(client.get(path)).await;
        assert_eq!(head.status(), StatusCode::OK, "{path}");
        assert_eq!(head.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(head.headers()["x-content-type-options"], "nosniff");
        assert!(body.contains("outflow"), "{path}");
    }
}

#[tokio::test]
async fn the_full_script_is_the_script_with_its_modules() {
    let client = client();
    let (_, script) = send(client.get("/outflow.js")).await;
    let (_, full) = send(client.get("/outflow.full.js")).await;
    let modules = full.strip_prefix(&*script).expect("it begins with the script");
    assert!(modules.starts_with("/*! lazy modules */"));
    assert!(script.ends_with("})();\n") && modules.ends_with("})();\n"), "each part is whole");
}

/// Follows every import from the module to the last one.
#[tokio::test]
async fn every_module_that_is_imported_is_served() {
    let client = client();
    let mut paths = vec!["/outflow.mjs".to_owned()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        let (head, body) = send(client.get(&path)).await;
        assert_eq!(head.status(), StatusCode::OK, "{path} is imported and not served");
        let folder = path.rsplit_once('/').unwrap().0;
        let code = body.lines().filter(|line| ["import ", "export ", "} "].iter().any(|start| line.starts_with(start)));
        let at_once = code.filter_map(|line| line.split_once(" from '"));
        let later = body.lines().filter_map(|line| line.split_once("=> import('"));
        for import in at_once.chain(later).filter_map(|(_, rest)| Some(rest.split_once('\'')?.0)) {
            let mut folder = folder;
            let mut import = import.strip_prefix("./").unwrap_or(import);
            while let Some(rest) = import.strip_prefix("../") {
                (folder, import) = (folder.rsplit_once('/').unwrap().0, rest);
            }
            let imported = format!("{folder}/{import}");
            if !paths.contains(&imported) {
                paths.push(imported);
            }
        }
        next += 1;
    }
    assert!(next > 5, "only {next} modules were found");
    for part in [
        "/outflow/warning.mjs",
        "/outflow/session.mjs",
        "/outflow/ahead.mjs",
        "/outflow/shared.mjs",
        "/outflow/upload.mjs",
        "/outflow/decoders/ndjson.mjs",
    ] {
        assert!(paths.iter().any(|path| path == part), "{part} is not found from the module");
    }
    assert_eq!(send(client.get("/outflow/full.mjs")).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_has_the_client_is_not_sent_it_again() {
    let client = client();
    let tag = send(client.get("/outflow.js")).await.0.headers()["etag"].to_str().unwrap().to_owned();
    for known in ["*", &tag, &format!("W/{tag}"), &format!("W/\"a, b\",{tag} , \"other\"")] {
        for method in [Method::GET, Method::HEAD] {
            let (head, body) = send(client.request(method, "/outflow.js").header("if-none-match", known)).await;
            assert_eq!((head.status(), &*body), (StatusCode::NOT_MODIFIED, ""), "{known}");
            assert_eq!(head.headers()["etag"], tag);
            assert_eq!(head.headers()["cache-control"], "no-cache");
        }
    }
    let in_two_lines = client.get("/outflow.js").header("if-none-match", "\"other\"").header("if-none-match", &tag);
    assert_eq!(send(in_two_lines).await.0.status(), StatusCode::NOT_MODIFIED);
    // The files have no date, so nothing is known from one.
    let date = "Fri, 01 Jan 2100 00:00:00 GMT";
    for (name, unknown) in [("if-none-match", "\"other\""), ("if-none-match", "\"*\""), ("if-modified-since", date)] {
        let (head, body) = send(client.get("/outflow.js").header(name, unknown)).await;
        assert_eq!((head.status(), body.is_empty()), (StatusCode::OK, false), "{name}: {unknown}");
    }
    let (other, _) = send(client.get("/outflow.mjs").header("if-none-match", &tag)).await;
    assert_eq!(other.status(), StatusCode::OK);
}

/// The module under a path that changes with it, and all that it imports from there.
#[tokio::test]
async fn under_their_own_path_the_files_may_be_kept_for_good() {
    let client = client();
    for file in ["/outflow.js", "/outflow.mjs", "/outflow/stream.mjs"] {
        let path = outflow::client::path(file);
        let (head, body) = send(client.get(&path)).await;
        assert_eq!(head.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(body, send(client.get(file)).await.1);
        assert!(path.ends_with(file) && path.len() > file.len() + 16, "{path}");
    }
    // A page of before a deploy, which wants a part only now.
    let (head, body) = send(client.get("/outflow-0000000000000000/outflow/session.mjs")).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["cache-control"], "no-cache");
    assert_eq!(body, send(client.get("/outflow/session.mjs")).await.1);
}
