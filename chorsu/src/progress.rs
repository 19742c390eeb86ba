//! Progress bars: on standard error, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for octets of a file.
pub(crate) fn octets(total: u64, what: &str) -> ProgressBar {
    bar(total, what, "{msg} [{bar:32}] {bytes} of {total_bytes}, {eta} left")
}

/// A bar for steps.
pub(crate) fn steps(total: u64, what: &str) -> ProgressBar {
    bar(total, what, "{msg} [{bar:32}] {percent} %, {eta} left")
}

fn bar(total: u64, what: &str, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    // Short work ends before the first drawing.
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
