#pragma once

// Server identities made on the spot: a key, a certificate signed by itself, and the file a client would trust.

#include <unistd.h>
#include <boost/asio/ssl/context.hpp>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace tollgate::upstream {

struct test_identity {
    std::shared_ptr<boost::asio::ssl::context> server;
    std::string ca_file;
};

// `names` as in "DNS:a.test,IP:127.0.0.1".
inline test_identity make_identity(const std::string& names, const std::string& file_name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509* const raw = certificate.get();
    X509_set_version(raw, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
    X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
    X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
    X509_set_pubkey(raw, key.get());
    X509_NAME* const name = X509_get_subject_name(raw);
    const unsigned char common[] = "tollgate test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
    X509_set_issuer_name(raw, name);
    X509_EXTENSION* const names_field = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(raw, names_field, -1);
    X509_EXTENSION_free(names_field);
    X509_sign(raw, key.get(), EVP_sha256());

    test_identity made{.server = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server),
                       .ca_file = testing::TempDir() + std::to_string(::getpid()) + "-" + file_name};
    SSL_CTX* const context = made.server->native_handle();
    SSL_CTX_use_certificate(context, raw);
    SSL_CTX_use_PrivateKey(context, key.get());
    const unsigned char session_id[] = "test";
    SSL_CTX_set_session_id_context(context, session_id, sizeof session_id);
    if (std::FILE* file = std::fopen(made.ca_file.c_str(), "w")) {
        PEM_write_X509(file, raw);
        std::fclose(file);
    }
    return made;
}

}
