//! TLS in front of a server, as a reverse proxy would put it there, with certificates made for one test.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A CA that nobody knows yet.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A listener on loopback that speaks TLS and hands on what it hears. Dropped, it is gone.
pub struct Front {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// If no key can be made.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("a CA signs itself") }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Puts TLS in front of the server at `address`, with a certificate of this CA for the host `name`.
    ///
    /// # Panics
    /// If nothing can listen.
    pub fn front(&self, address: &str, name: &str) -> Front {
        let key = KeyPair::generate().expect("a key can be made");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("the test's name is one");
        let certificate = params.signed_by(&key, &self.issuer).expect("a CA signs");
        let secret = PrivateKeyDer::try_from(key.serialize_der()).expect("a key is one");
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], secret);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("key and certificate fit")));
        let runtime = Runtime::new().expect("a runtime can be started");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let front = listener.local_addr().expect("a listener has an address");
        runtime.spawn(accept(listener, acceptor, address.to_owned()));
        Front { address: front, _runtime: runtime }
    }
}

impl Front {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, behind: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, behind) = (acceptor.clone(), behind.clone());
        tokio::spawn(async move {
            // A client that does not trust the certificate hangs up here, and sees for itself why.
            let Ok(mut outside) = acceptor.accept(stream).await else { return };
            let Ok(mut inside) = TcpStream::connect(behind).await else { return };
            // Either side may end it at any time.
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}
