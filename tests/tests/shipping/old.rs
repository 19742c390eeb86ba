//! Debian's ClickHouse server, which is real and of 2018: how it lets users in has hardly changed since.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use store::warehouse::{Access, Compression, Secret, Timeouts};
use tempfile::TempDir;
use tests::PATIENCE;

/// Where Debian puts it.
const SERVER: &str = "/usr/sbin/clickhouse-server";

/// The password of all its users.
pub(crate) const WORD: &str = "w0rd-of-all-users";

const USERS: &str = "<yandex><profiles><default/><readonly><readonly>1</readonly></readonly></profiles><quotas><default/></quotas><users>
<chorsu><password>WORD</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></chorsu>
<reader><password>WORD</password><networks><ip>127.0.0.1</ip></networks><profile>readonly</profile><quota>default</quota></reader>
<elsewhere><password>WORD</password><networks><ip>192.0.2.1</ip></networks><profile>default</profile><quota>default</quota></elsewhere>
</users></yandex>";

const CONFIG: &str = "<yandex><logger><level>error</level><console>1</console></logger><listen_host>127.0.0.1</listen_host>
<http_port>HTTP</http_port><https_port>TLS</https_port><tcp_port>NATIVE</tcp_port><path>FOLDER/data/</path><tmp_path>FOLDER/tmp/</tmp_path>
<mark_cache_size>1048576</mark_cache_size><users_config>FOLDER/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<openSSL><server><certificateFile>FOLDER/leaf.pem</certificateFile><privateKeyFile>FOLDER/leaf.key</privateKeyFile>
<verificationMode>none</verificationMode></server></openSSL></yandex>";

/// A server that ends with its test.
pub(crate) struct OldServer {
    folder: TempDir,
    child: Child,
    http: u16,
    tls: u16,
}

impl OldServer {
    /// Starts one on free ports; `None` where it is not installed, after saying so.
    pub(crate) fn start(test: &str) -> Option<Self> {
        if !Path::new(SERVER).is_file() {
            println!("skipped: {test}: Debian's clickhouse-server is not installed; tests/prepare.sh installs it");
            return None;
        }
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: {test}: the program openssl is not installed, which makes certificates");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        certify(folder.path());
        let [http, tls, native] = free_ports();
        let text = CONFIG.replace("HTTP", &http.to_string()).replace("TLS", &tls.to_string()).replace("NATIVE", &native.to_string());
        std::fs::write(folder.path().join("config.xml"), text.replace("FOLDER", folder.path().to_str().unwrap())).unwrap();
        std::fs::write(folder.path().join("users.xml"), USERS.replace("WORD", WORD)).unwrap();
        ["data", "tmp"].iter().for_each(|name| std::fs::create_dir(folder.path().join(name)).unwrap());
        let config = format!("--config-file={}", folder.path().join("config.xml").display());
        let child = Command::new(SERVER).arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { folder, child, http, tls };
        server.wait();
        Some(server)
    }

    fn wait(&self) {
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.tls)).is_err() {
            assert!(began.elapsed() < PATIENCE, "it does not listen");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// A way in by plain HTTP.
    pub(crate) fn access(&self, user: &str, password: &str) -> Access {
        Access {
            url: format!("http://127.0.0.1:{}", self.http),
            database: "default".into(),
            user: user.into(),
            password: Secret::new(password),
            ca_file: None,
            compression: Compression::Lz4,
            timeouts: Timeouts { connect: Duration::from_secs(2), question: Duration::from_secs(20), insert: Duration::from_secs(20) },
        }
    }

    /// A way in by TLS, trusting this file of its folder.
    pub(crate) fn by_tls(&self, trusted: Option<&str>) -> Access {
        let access = self.access("chorsu", WORD);
        Access { url: format!("https://127.0.0.1:{}", self.tls), ca_file: trusted.map(|name| self.file(name)), ..access }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for OldServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Ports that are free now; they are given back just before the server asks for them.
fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.each_ref().map(|listener| listener.local_addr().unwrap().port())
}

/// An authority, another one, and the server's certificate, signed by the first.
fn certify(folder: &Path) {
    let commands = [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=another -keyout other.key -out other.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=clickhouse -keyout leaf.key -out leaf.csr",
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile leaf.ext -out leaf.pem",
    ];
    std::fs::write(folder.join("leaf.ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    for command in commands {
        let output = Command::new("openssl").args(command.split(' ')).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "openssl {command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
