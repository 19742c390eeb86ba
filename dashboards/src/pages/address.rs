//! Addresses of pages and answers: the state of a page is in its address.

use std::fmt::Write;

/// The address of `path` with the parameters of the present page, some of them changed; an empty value drops one.
pub(super) fn changed(path: &str, pairs: &[(String, String)], changes: &[(&str, &str)]) -> String {
    let kept = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kept = kept.filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in kept.chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty()) {
        address.push(mark);
        encode(&mut address, name);
        address.push('=');
        encode(&mut address, value);
        mark = '&';
    }
    address
}

/// What can be shown as counted by the ports: pages and answers that know the parameter `raked`.
const RAKED: [&str; 5] = ["/", "/matrix", "/api/v1/matrix", "/api/v1/members", "/api/v1/timeseries"];

/// Whether the place of an address can be shown as counted by the ports.
pub(super) fn can_be_raked(path: &str) -> bool {
    RAKED.contains(&path)
}

/// The address of `path` with the span and filters of the present page only, and `more` parameters.
pub(super) fn same_question(path: &str, pairs: &[(String, String)], more: &[(&str, &str)]) -> String {
    let is_kept = |name: &str| crate::asked::FILTERS.contains(&name) || name == "raked" && can_be_raked(path);
    let filters: Vec<_> = pairs.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
    changed(path, &filters, more)
}

/// Percent-encoding of all but unreserved characters and the colon (RFC 3986, 2.3 and 3.4).
fn encode(address: &mut String, text: &str) {
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => address.push(char::from(octet)),
            // Writing to a string does not fail.
            _ => drop(write!(address, "%{octet:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_kept_changed_and_dropped() {
        let pairs = [("range".to_owned(), "1h".to_owned()), ("vlan".to_owned(), "5".to_owned()), ("order".to_owned(), "name".to_owned())];
        assert_eq!(changed("/", &pairs, &[("range", "6h"), ("order", "")]), "/?vlan=5&range=6h");
        assert_eq!(same_question("/x", &pairs, &[("format", "csv")]), "/x?range=1h&vlan=5&format=csv");
        let raked = [("raked".to_owned(), "true".to_owned())];
        assert_eq!(same_question("/api/v1/timeseries", &raked, &[]), "/api/v1/timeseries?raked=true");
        assert_eq!(same_question("/ports", &raked, &[]), "/ports");
        assert_eq!(changed("/", &[], &[("from", "2026-11-21T08:00:00+05:00")]), "/?from=2026-11-21T08:00:00%2B05:00");
    }
}
