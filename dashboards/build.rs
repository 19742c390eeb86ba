//! Refuses to build the server without its pages, in one sentence instead of a macro's complaint.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    if !Path::new("web/dist/.vite/manifest.json").is_file() {
        println!(
            "cargo::error=the pages are not built yet: run `make web` (or `npm ci && npm run build` in dashboards/web), which writes dashboards/web/dist"
        );
    }
}
