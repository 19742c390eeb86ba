//! The book's form on the disk: a line of JSON that says what the file is, then one for each exporter and protocol.
//!
//! ```json
//! {"file":"chorsu templates","version":1}
//! {"exporter":"192.0.2.1","protocol":"ipfix","used":"2026-11-21T00:00:00Z","templates":[{"domain":1,"id":256,"fields":"00080004000c0004"}],"samplers":[{"domain":1,"rate":2048.0}]}
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schema::{Protocol, Rate, Timestamp};
use serde::{Deserialize, Serialize};
use wire::flows::{Definition, Sampling};

use super::book::{Book, Entry, MAX_OCTETS, Said};

/// What the first line says. A later version that reads otherwise says another number.
const HEADING: &str = r#"{"file":"chorsu templates","version":1}"#;

/// Longest file that is read, against one that was put there to fill the memory: as much as the largest book takes when written.
const MAX_FILE_OCTETS: u64 = 4 * MAX_OCTETS as u64;

/// Why a file of templates is not used. Nothing is lost but time: exporters send their templates again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BookError {
    #[error("{}: cannot be read ({source}); until exporters send their templates again their data wait or are lost", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: is longer than {MAX_FILE_OCTETS} octets, which no file of templates is; delete it", path.display())]
    TooLong { path: PathBuf },
    #[error("{}, line {line}: is broken ({why}); the file is ignored, and written anew with the templates that come", path.display())]
    Broken { path: PathBuf, line: usize, why: String },
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Page {
    exporter: IpAddr,
    protocol: String,
    used: String,
    #[serde(default)]
    templates: Vec<Kept>,
    #[serde(default)]
    samplers: Vec<Sampler>,
}

/// One template; an options template if `scope_fields` is there.
#[derive(Serialize, Deserialize)]
struct Kept {
    domain: u32,
    id: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope_fields: Option<u16>,
    /// The field specifiers as they were sent, in hexadecimal digits.
    fields: String,
}

/// One sampling rate.
#[derive(Serialize, Deserialize)]
struct Sampler {
    domain: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sampler: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interface: Option<u32>,
    /// One packet in so many; 0 where the exporter samples otherwise than by packets.
    rate: f64,
}

/// Reads the book. A file that is not there is an empty book.
///
/// # Errors
/// Says in one sentence why the file is not used.
pub(crate) fn read(path: &Path) -> Result<Book, BookError> {
    let unreadable = |source| BookError::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(MAX_FILE_OCTETS + 1).read_to_string(&mut text).map_err(unreadable)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Book::default()),
        Err(error) => return Err(unreadable(error)),
    };
    if text.len() as u64 > MAX_FILE_OCTETS {
        return Err(BookError::TooLong { path: path.to_owned() });
    }
    let mut book = Book::default();
    for (place, line) in text.lines().enumerate() {
        let broken = |why| BookError::Broken { path: path.to_owned(), line: place + 1, why };
        if place == 0 {
            if line != HEADING {
                return Err(broken("it does not begin with what a file of templates begins with".to_owned()));
            }
            continue;
        }
        let page: Page = serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
        let (source, entry) = page.entry().map_err(broken)?;
        book.put(source, entry);
    }
    Ok(book)
}

/// The book as the file holds it.
pub(crate) fn text(book: &Book) -> String {
    let pages = book.entries().filter_map(|(source, entry)| serde_json::to_string(&Page::of(source, entry)).ok());
    let mut text = String::from(HEADING);
    text.push('\n');
    pages.for_each(|page| {
        text.push_str(&page);
        text.push('\n');
    });
    text
}

/// Puts the text in the file's place: after a crash there is the old file or the new one, and never a part.
///
/// # Errors
/// Hands on what the file system says.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_added_extension("new");
    let mut file = File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    // The new name is safe once its folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

impl Page {
    fn of(source: IpAddr, entry: &Entry) -> Self {
        let Said { protocol, templates, samplers } = &*entry.said;
        let template = |(domain, template): &(u32, Arc<wire::flows::Template>)| {
            let Definition { id, options, scope_fields, fields, .. } = template.definition();
            Kept { domain: *domain, id, scope_fields: options.then_some(scope_fields), fields: digits(fields) }
        };
        let sampler = |(domain, said): &(u32, Sampling)| {
            let Sampling { sampler, interface, rate } = *said;
            Sampler { domain: *domain, sampler, interface, rate: rate.frames() }
        };
        Self {
            exporter: source,
            protocol: protocol.name().to_owned(),
            used: entry.used.to_string(),
            templates: templates.iter().map(template).collect(),
            samplers: samplers.iter().map(sampler).collect(),
        }
    }

    fn entry(self) -> Result<(IpAddr, Entry), String> {
        let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.name() == self.protocol);
        let protocol = protocol.filter(|protocol| matches!(protocol, Protocol::Netflow9 | Protocol::Ipfix));
        let protocol = protocol.ok_or_else(|| format!("`{}` is no protocol that has templates", self.protocol))?;
        let used: Timestamp = self.used.parse().map_err(|error: schema::time::NotATime| error.to_string())?;
        let mut said = Said { protocol, templates: Vec::new(), samplers: Vec::new() };
        for Kept { domain, id, scope_fields, fields } in self.templates {
            let fields = octets(&fields).ok_or_else(|| format!("the fields of template {id} are no octets in hexadecimal digits"))?;
            let options = scope_fields.is_some();
            let definition = Definition { protocol, id, options, scope_fields: scope_fields.unwrap_or(0), fields: &fields };
            let template = definition.compile().map_err(|skip| format!("template {id} cannot be read: {}", skip.name()))?;
            said.templates.push((domain, Arc::new(template)));
        }
        for Sampler { domain, sampler, interface, rate } in self.samplers {
            said.samplers.push((domain, Sampling { sampler, interface, rate: rate_of(rate) }));
        }
        Ok((self.exporter, Entry { said: Arc::new(said), used }))
    }
}

/// The rate of so many frames; unknown for anything that is none.
#[expect(clippy::cast_sign_loss, reason = "a float below 0 becomes 0, which is no rate")]
fn rate_of(frames: f64) -> Rate {
    const ONE: u64 = 1 << 32;
    // Anything out of range becomes the nearest bound or 0, which `of` takes for unknown.
    Rate::of((frames * ONE as f64) as u64, ONE)
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn octets(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
    let octet = |[high, low]: &[u8; 2]| Some(nibble(*high)? << 4 | nibble(*low)?);
    if rest.is_empty() { pairs.iter().map(octet).collect() } else { None }
}
