//! Connections to the warehouse: plain, or by TLS with the certificates that are trusted here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::access::Access;
use super::trouble::Trouble;

/// A connection that has gone silent is found out after so long, or an insert would wait for a warehouse that was switched off.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Makes connections as `access` wants them.
pub(super) fn connector(access: &Access) -> Result<HttpsConnector<HttpConnector>, Trouble> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(access.timeouts.connect));
    tcp.set_keepalive(Some(KEEP_ALIVE));
    // Questions are small: held back by the kernel until the answer to what was sent before, each would take some 40 ms longer.
    tcp.set_nodelay(true);
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls(access)?);
    Ok(tls.https_or_http().enable_http1().wrap_connector(tcp))
}

fn tls(access: &Access) -> Result<ClientConfig, Trouble> {
    let roots = match (&access.ca_file, access.url.starts_with("https:")) {
        (Some(file), _) => roots_of(file)?,
        (None, true) => system_roots()?,
        (None, false) => RootCertStore::empty(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| Trouble::Start(error.to_string()))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// The certificates of a file, all of which must be readable: one that is skipped would be missed only when its server is asked.
fn roots_of(file: &Path) -> Result<RootCertStore, Trouble> {
    let refused = |detail: String| Trouble::Certificates { path: file.to_owned(), detail };
    let text = std::fs::read(file).map_err(|error| refused(format!("cannot be read: {error}; see `clickhouse.ca_file`")))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let added = certificate.map_err(|error| error.to_string()).and_then(|it| roots.add(it).map_err(|error| error.to_string()));
        added.map_err(|error| refused(format!("holds a certificate that cannot be read: {error}; give certificates as PEM")))?;
    }
    if roots.is_empty() {
        return Err(refused("holds no certificate; give those of the authority that signed ClickHouse's, as PEM".into()));
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, Trouble> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let detail = "the system trusts no certificate authority; install ca-certificates, or set `clickhouse.ca_file`".into();
        return Err(Trouble::Certificates { path: Path::new("").to_owned(), detail });
    }
    Ok(roots)
}
