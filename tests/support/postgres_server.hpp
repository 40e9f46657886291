#pragma once

// A private PostgreSQL for a test program: its own data and socket in a temporary folder, no TCP, an unprivileged user
// when the tests run as root. It ends with the program, however that ends.

#include <memory>
#include <string>

namespace tollgate::test {

class postgres_server {
public:
    struct options {
        bool fsync = false;   // durable on power loss: only a benchmark needs it
        std::string settings; // further lines of postgresql.conf
    };

    // Nothing when no PostgreSQL is installed; `why` then says so. A server that is installed and does not start is a
    // failure: it throws std::runtime_error.
    static std::unique_ptr<postgres_server> start(const options& wanted, std::string& why);
    static std::unique_ptr<postgres_server> start(std::string& why) { return start(options{}, why); }
    ~postgres_server();
    postgres_server(const postgres_server&) = delete;
    postgres_server& operator=(const postgres_server&) = delete;

    // The URL of a new, empty place for tables on this server.
    std::string new_database();

    void stop();        // at once, as in a crash
    void start_again(); // after stop; recovers
    void restart() { stop(), start_again(); }
    void freeze(); // the processes stop running but keep their connections
    void thaw();

private:
    postgres_server() = default;
    void initialise(const options& wanted);
    bool answers() const;

    std::string programs_; // folder of postgres and initdb
    std::string folder_;
    int pid_ = -1;
    int databases_ = 0;
};

}
