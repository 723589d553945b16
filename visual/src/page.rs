//! The page's files, in the binary.

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path in the URL.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A module of the page.
macro_rules! script {
    ($name:literal) => {
        File {
            path: concat!("/", $name),
            content_type: JAVASCRIPT,
            content: include_str!(concat!("page/", $name)),
        }
    };
}

/// All of them.
pub(crate) const FILES: &[File] = &[
    File {
        path: "/",
        content_type: "text/html; charset=utf-8",
        content: include_str!("page/index.html"),
    },
    File {
        path: "/style.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("page/style.css"),
    },
    File {
        path: "/icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("page/icon.svg"),
    },
    script!("main.js"),
    script!("cluster_grid.js"),
    script!("closely.js"),
    script!("cluster_view.js"),
    script!("columns.js"),
    script!("cursor.js"),
    script!("detail.js"),
    script!("feed.js"),
    script!("freezer.js"),
    script!("grid.js"),
    script!("headline.js"),
    script!("incidents.js"),
    script!("keys.js"),
    script!("ladder.js"),
    script!("ladder_view.js"),
    script!("link.js"),
    script!("market.js"),
    script!("node_names.js"),
    script!("rates.js"),
    script!("schema.js"),
    script!("search.js"),
    script!("session.js"),
    script!("source.js"),
    script!("spoken.js"),
    script!("symbol_page.js"),
    script!("symbol_tables.js"),
    script!("tape.js"),
    script!("tools.js"),
    script!("totals.js"),
    script!("view_state.js"),
    script!("watch.js"),
];

/// Stands in the page to log in for what it says.
const SAID: &str = "<!-- said -->";

/// The page to log in, which says this; not what somebody sent.
pub(crate) fn login(said: &str) -> String {
    include_str!("page/login.html").replace(SAID, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_to_log_in_says_what_it_is_told() {
        assert!(login("Again.").contains("role=\"alert\">Again.</p>"));
        assert!(!login("").contains(SAID));
    }

    #[test]
    fn what_a_file_asks_for_is_there() {
        let mut asked = 0;
        for file in FILES {
            let lines = file.content.lines();
            for name in lines.filter_map(|line| line.split_once("from \"./")?.1.split('"').next()) {
                let path = format!("/{name}");
                assert!(
                    FILES.iter().any(|file| file.path == path),
                    "{} asks for {path}, which is not in the list",
                    file.path
                );
                asked += 1;
            }
        }
        assert!(asked > 3, "only {asked} imports were found");
    }
}
