use std::{collections::HashMap, pin::Pin, sync::Arc};

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Tree {
    children: HashMap<u32, Vec<u32>>,
}

#[controller]
impl Tree {
    #[action(path = "/{root}")]
    async fn walk(&self, root: u32) -> u32 {
        self.stream(root);
        let mut size = 1;
        for child in self.children(root) {
            size += Box::pin(self.walk(*child)).await;
        }
        size
    }

    #[action]
    async fn forest(&self) -> Result<u32, String> {
        let first = self.walk(1).await;
        let second = self.checked(2, |size| size < 10).await?;
        let reply: u32 = self.reply::<u32>("3").await.unwrap_or_default();
        Ok(first + second + reply)
    }

    async fn checked<F>(&self, root: u32, is_fine: F) -> Result<u32, String>
    where
        F: Fn(u32) -> bool,
    {
        let size = self.walk(root).await;
        if is_fine(size) { Ok(size) } else { Err("too large".to_owned()) }
    }

    async fn reply<T: std::str::FromStr>(&self, text: &str) -> Option<T> {
        self.stream(text);
        text.parse().ok()
    }

    #[action(post)]
    async fn shared(&self) {
        let this = Arc::new(Tree { children: HashMap::new() });
        this.counted(0).await;
        let waiting: Pin<Box<dyn Future<Output = u32> + Send + '_>> = Box::pin(self.walk(2));
        waiting.await;
    }

    /// Streams nothing, so it is no helper, and may be public.
    pub async fn counted(self: &Arc<Self>, _from: u32) -> usize {
        self.children.len()
    }

    fn children(&self, of: u32) -> &[u32] {
        self.children.get(&of).map(Vec::as_slice).unwrap_or_default()
    }
}

fn main() {
    let tree = Tree { children: HashMap::from([(1, vec![2, 3]), (2, vec![4])]) };
    assert_eq!(run(tree.walk(1)), (["1", "2", "4", "3"].map(String::from).to_vec(), 4));
    let (packets, sum) = run(tree.forest());
    assert_eq!(packets.join(" "), r#"1 2 4 3 2 4 "3""#);
    assert_eq!(sum, Ok(9));
    assert_eq!(run(tree.shared()).0, ["2", "4"]);
    let _router: axum::Router = tree.into_router();
}
