//! The life of a connection, command by command, with everything that it says.

use super::heard::Heard;
use connectors::http::{HeaderValue, Method, Options, Request, ReqwestTransport, Transport};
use sandbox::{Config, Limits, Resource, Sandbox, Size, Writer};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const API_TOKEN: &str = "api-token-canary-0f1e2d3c4b5a";
const WEBHOOK_SECRET: &str = "webhook-secret-canary-99aabbcc";
const WEBHOOK_KEY: &str = "webhook-address-canary-7777";
const KEY: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";

/// Something that was written or said, and where.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

pub(super) struct Journey {
    sandbox: Sandbox,
    at: SocketAddr,
    heard: Heard,
    folder: TempDir,
}

impl Journey {
    /// Both systems on a port where somebody listens.
    pub(super) async fn begin() -> Self {
        let sandbox = Sandbox::new(Config {
            limits: Limits::Off,
            size: Size {
                shops: 2,
                vendors: 12,
                items: 30,
                sales: 40,
            },
            ..Config::small(7)
        });
        let heard = Heard::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let router = heard.on(sandbox.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            sandbox,
            at,
            heard,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Every secret: those that were heard, and those that never leave this computer.
    pub(super) fn secrets(&self) -> Vec<(&'static str, String)> {
        let mut all = self.heard.all();
        let own = [
            ("api token", API_TOKEN),
            ("webhook secret", WEBHOOK_SECRET),
            ("webhook address", WEBHOOK_KEY),
            ("sealing key", KEY),
        ];
        all.extend(own.map(|(kind, secret)| (kind, secret.to_owned())));
        all
    }

    fn command(&self, args: &[&str]) -> Command {
        let (given, optiply) = (
            self.sandbox.credentials(),
            self.sandbox.optiply().credentials(),
        );
        let at = format!("http://{}", self.at);
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockbridge"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear();
        for (name, value) in [
            ("LOG", "trace".to_owned()),
            ("KEY", KEY.to_owned()),
            ("API_TOKEN", API_TOKEN.to_owned()),
            ("WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("LIGHTSPEED_URL", format!("{at}/API/V3")),
            ("LIGHTSPEED_AUTH_URL", format!("{at}/auth/oauth")),
            ("LIGHTSPEED_CLIENT_ID", given.client_id),
            ("LIGHTSPEED_CLIENT_SECRET", given.client_secret),
            ("LIGHTSPEED_REFRESH_TOKEN", given.refresh_token),
            ("OPTIPLY_URL", format!("{at}/v1")),
            ("OPTIPLY_AUTH_URL", format!("{at}/api/auth/oauth/token")),
            ("OPTIPLY_CLIENT_ID", optiply.client_id),
            ("OPTIPLY_CLIENT_SECRET", optiply.client_secret),
            ("OPTIPLY_USERNAME", optiply.username),
            ("OPTIPLY_PASSWORD", optiply.password),
            ("OPTIPLY_ACCOUNT_ID", optiply.account_id.to_string()),
            ("OPTIPLY_PACE", "500".to_owned()),
            ("OPTIPLY_SETTLE", "1".to_owned()),
        ] {
            command.env(format!("STOCKBRIDGE_{name}"), value);
        }
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str], code: i32) -> Place {
        self.said(args, &mut self.command(args), code)
    }

    /// However it ends.
    fn whatever(&self, args: &[&str]) -> Place {
        let said = self.command(args).output().expect("the binary runs");
        Place {
            name: format!("`{}`", args.join(" ")),
            content: [said.stdout, said.stderr].concat(),
        }
    }

    fn said(&self, args: &[&str], command: &mut Command, code: i32) -> Place {
        let said: Output = command.output().expect("the binary runs");
        let shown = String::from_utf8_lossy(&said.stdout);
        let log = String::from_utf8_lossy(&said.stderr);
        let end: Vec<&str> = log.lines().rev().take(5).collect();
        assert_eq!(said.status.code(), Some(code), "{args:?}: {shown} {end:?}");
        Place {
            name: format!("`{}`", args.join(" ")),
            content: [said.stdout, said.stderr].concat(),
        }
    }

    /// Refused first, with a password that must not be repeated either.
    pub(super) fn connect(&self) -> Vec<Place> {
        let account = self.sandbox.credentials().account_id.to_string();
        let args = [
            "connect",
            "shop",
            "--account-id",
            &account,
            "--default-location",
            "Main Warehouse",
        ];
        let mut refused = self.command(&args);
        refused.env("STOCKBRIDGE_OPTIPLY_PASSWORD", "wrong-password-canary");
        let key = format!("webhook-url=http://{}/hook/{WEBHOOK_KEY}", self.at);
        vec![
            self.said(&args, &mut refused, 1),
            self.run(&args, 0),
            self.run(&["settings", "shop", "--set", &key], 0),
        ]
    }

    /// Everything is read and delivered, and a buy order is ordered.
    pub(super) fn work(&self) -> Vec<Place> {
        let backfill = self.run(&["backfill", "shop", "--json"], 3);
        let optiply = self.sandbox.optiply();
        let first = |resource| optiply.rows(resource).first().expect("a row").id;
        let (supplier, product) = (first(Resource::Suppliers), first(Resource::Products));
        optiply.mutate(Writer::Planner, |editor| {
            let lines = [(product, 4, rust_decimal::Decimal::TEN)];
            editor.buy_order(supplier, &lines).expect("a buy order");
        });
        self.sandbox.mutate(|account| {
            let item = *account.items().keys().next().expect("an item");
            account.sell(1, &[(item, 2)]);
        });
        let all: [&[&str]; 3] = [
            &["sync", "shop", "--sweep"],
            &["export", "shop", "--json"],
            &["settings", "shop", "--set", "returns=ignore", "--preview"],
        ];
        let mut places = vec![backfill];
        places.extend(all.iter().map(|args| self.whatever(args)));
        places
    }

    /// The worker, and what it answers to those who may ask and those who may not.
    pub(super) async fn serve(&self) -> Vec<Place> {
        let log = self.folder.path().join("worker.log");
        let file = std::fs::File::create(&log).expect("a file");
        let mut child = self
            .command(&[
                "worker",
                "--listen",
                "127.0.0.1:0",
                "--json",
                "--log-format",
                "json",
            ])
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let told: serde_json::Value = serde_json::from_str(&line).expect("json");
        let at = told["listening"].as_str().expect("an address").to_owned();
        let at = at.trim_start_matches("http://").to_owned();
        let transport = ReqwestTransport::new(Options::default()).expect("a transport");
        let mut places = Vec::new();
        for token in [API_TOKEN, "api-token-canary-0f1e2d3c4b5b", ""] {
            for (method, path) in [
                (Method::GET, "/metrics"),
                (Method::GET, "/api/connections/shop/status"),
                (Method::POST, "/api/connections/shop/sync"),
                (Method::POST, "/api/connections/shop/export"),
                (Method::GET, "/api/connections/nobody/status"),
                (Method::GET, "/readyz"),
            ] {
                let url = format!("http://{at}{path}").parse().expect("an address");
                let mut request = Request::get(url);
                request.method = method;
                if !token.is_empty() {
                    let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
                    request
                        .headers
                        .insert("authorization", bearer.expect("a header"));
                }
                let answer = transport.send(request).await.expect("an answer");
                let headers = format!("{:?}", answer.headers);
                places.push(Place {
                    name: format!("{path} of the worker"),
                    content: [headers.as_bytes(), &answer.body].concat(),
                });
            }
        }
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status();
        assert!(sent.expect("a signal").success());
        child.wait().expect("it ends");
        places.push(file_at(&log));
        places
    }

    /// What a person looks at.
    pub(super) fn look(&self) -> Vec<Place> {
        let all: [&[&str]; 10] = [
            &["status", "shop", "--json"],
            &["check", "shop"],
            &["doctor", "--json"],
            &["doctor", "--restored"],
            &["plan", "shop"],
            &["rejected", "shop", "--json"],
            &["explain", "shop", "sale", "1"],
            &["settings", "shop", "--json"],
            &["reconcile", "shop"],
            &["status", "nobody"],
        ];
        all.iter().map(|args| self.whatever(args)).collect()
    }

    /// The owner withdraws the grant, and somebody tries with what is dead.
    pub(super) fn lose_the_grant(&self) -> Vec<Place> {
        let _new = self.sandbox.grant_again();
        vec![
            self.run(&["sync", "shop"], 4),
            self.run(&["check", "shop", "--json"], 4),
            self.run(&["status", "shop"], 0),
        ]
    }

    /// Every file that is left: the database and what stands beside it.
    pub(super) fn files(&self) -> Vec<Place> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let files: Vec<Place> = entries
            .map(|entry| file_at(&entry.expect("an entry").path()))
            .collect();
        assert!(
            files
                .iter()
                .any(|file| file.name.ends_with("stockbridge.db"))
        );
        files
    }
}

fn file_at(path: &Path) -> Place {
    Place {
        name: path.display().to_string(),
        content: std::fs::read(path).expect("a file"),
    }
}
