//! The browser client, as a page gets it.

use axum::{
    Router,
    http::{Request, StatusCode},
};

use crate::support::{get, send};

#[tokio::test]
async fn the_script_and_the_module_are_served() {
    let app: Router = outflow::client::router();
    for path in ["/outflow.js", "/outflow.full.js", "/outflow.mjs"] {
        let reply = get(&app, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(reply.body.contains("outflow"), "{path}");
    }
}

#[tokio::test]
async fn the_full_script_is_the_script_with_its_modules() {
    let app: Router = outflow::client::router();
    let (script, full) = (get(&app, "/outflow.js").await.body, get(&app, "/outflow.full.js").await.body);
    let modules = full.strip_prefix(&*script).expect("it begins with the script");
    assert!(modules.starts_with("/*! lazy modules */"));
    assert!(script.ends_with("})();\n") && modules.ends_with("})();\n"), "each part is whole");
}

/// Follows every import from the module to the last one.
#[tokio::test]
async fn every_module_that_is_imported_is_served() {
    let app: Router = outflow::client::router();
    let mut paths = vec!["/outflow.mjs".to_owned()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        let reply = get(&app, &path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} is imported and not served");
        let folder = path.rsplit_once('/').unwrap().0;
        let code =
            reply.body.lines().filter(|line| ["import ", "export ", "} "].iter().any(|start| line.starts_with(start)));
        let at_once = code.filter_map(|line| line.split_once(" from '"));
        let later = reply.body.lines().filter_map(|line| line.split_once("=> import('"));
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
    for part in ["/outflow/warning.mjs", "/outflow/session.mjs", "/outflow/upload.mjs", "/outflow/decoders/ndjson.mjs"]
    {
        assert!(paths.iter().any(|path| path == part), "{part} is not found from the module");
    }
    assert_eq!(get(&app, "/outflow/full.mjs").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_has_the_client_is_not_sent_it_again() {
    let app: Router = outflow::client::router();
    let tag = get(&app, "/outflow.js").await.header("etag").to_owned();
    for known in ["*", &tag, &format!("W/{tag}"), &format!("W/\"a, b\",{tag} , \"other\"")] {
        for request in [Request::get("/outflow.js"), Request::head("/outflow.js")] {
            let reply = send(&app, request.header("if-none-match", known)).await;
            assert_eq!((reply.status, &*reply.body), (StatusCode::NOT_MODIFIED, ""), "{known}");
            assert_eq!((reply.header("etag"), reply.header("cache-control")), (&*tag, "no-cache"));
        }
    }
    let in_two_lines = Request::get("/outflow.js").header("if-none-match", "\"other\"").header("if-none-match", &tag);
    assert_eq!(send(&app, in_two_lines).await.status, StatusCode::NOT_MODIFIED);
    // The files have no date, so nothing is known from one.
    let date = "Fri, 01 Jan 2100 00:00:00 GMT";
    for (name, unknown) in [("if-none-match", "\"other\""), ("if-none-match", "\"*\""), ("if-modified-since", date)] {
        let reply = send(&app, Request::get("/outflow.js").header(name, unknown)).await;
        assert_eq!((reply.status, reply.body.is_empty()), (StatusCode::OK, false), "{name}: {unknown}");
    }
    let other = send(&app, Request::get("/outflow.mjs").header("if-none-match", tag)).await;
    assert_eq!(other.status, StatusCode::OK);
}

/// The module under a path that changes with it, and all that it imports from there.
#[tokio::test]
async fn under_their_own_path_the_files_may_be_kept_for_good() {
    let app: Router = outflow::client::router();
    for file in ["/outflow.js", "/outflow.mjs", "/outflow/stream.mjs"] {
        let path = outflow::client::path(file);
        let reply = get(&app, &path).await;
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(reply.body, get(&app, file).await.body);
        assert!(path.ends_with(file) && path.len() > file.len() + 16, "{path}");
    }
    // A page of before a deploy, which wants a part only now.
    let of_another = get(&app, "/outflow-0000000000000000/outflow/session.mjs").await;
    assert_eq!((of_another.status, of_another.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(of_another.body, get(&app, "/outflow/session.mjs").await.body);
}
