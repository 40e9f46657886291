#include <tollgate/store/file_journal.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace tollgate::store {

namespace {

constexpr std::size_t header_bytes = 12;

std::uint64_t checksum(std::string_view bytes) { // FNV-1a, 64 bits: finds torn writes, not attackers
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

// The first whole record of `bytes`, or nothing.
struct parsed {
    std::string_view record;
    bool whole = false;
};

parsed parse(std::string_view bytes) {
    if (bytes.size() < header_bytes) return {};
    std::uint32_t size = 0;
    std::uint64_t sum = 0;
    std::memcpy(&size, bytes.data(), 4);
    std::memcpy(&sum, bytes.data() + 4, 8);
    if (bytes.size() - header_bytes < size) return {};
    const std::string_view record = bytes.substr(header_bytes, size);
    return {record, checksum(record) == sum};
}

bool write_all(int file, std::string_view bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = ENOSPC;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
        at += static_cast<std::uint64_t>(n);
    }
    return true;
}

}

file_journal::file_journal(std::string path) : path_(std::move(path)) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) throw std::runtime_error("cannot open " + path_ + ": " + std::strerror(errno));
    recover();
}

file_journal::~file_journal() { ::close(file_); }

std::string file_journal::load(std::uint64_t from) const {
    std::string out;
    char part[65536];
    for (;;) {
        const ssize_t n = ::pread(file_, part, sizeof part, static_cast<off_t>(from + out.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return out;
        out.append(part, static_cast<std::size_t>(n));
    }
}

void file_journal::recover() {
    const std::string all = load(0);
    std::string_view rest = all;
    for (parsed next = parse(rest); next.whole; next = parse(rest)) {
        rest.remove_prefix(header_bytes + next.record.size());
        records_ += 1;
    }
    end_ = all.size() - rest.size();
    if (!rest.empty() && ::ftruncate(file_, static_cast<off_t>(end_)) != 0)
        throw std::runtime_error("cannot cut the torn end of " + path_ + ": " + std::strerror(errno));
}

bool file_journal::append(std::string_view record) {
    const auto size = static_cast<std::uint32_t>(record.size());
    const std::uint64_t sum = checksum(record);
    std::string bytes(header_bytes, '\0');
    std::memcpy(bytes.data(), &size, 4);
    std::memcpy(bytes.data() + 4, &sum, 8);
    bytes.append(record);

    const std::lock_guard lock(mutex_);
    if (!write_all(file_, bytes, end_) || ::fdatasync(file_) != 0) {
        failure_ = errno;
        return false;
    }
    end_ += bytes.size();
    records_ += 1;
    return true;
}

std::string file_journal::why_not() const {
    const std::lock_guard lock(mutex_);
    return failure_ == 0 ? std::string() : path_ + ": " + std::strerror(failure_);
}

void file_journal::read(const std::function<bool(std::string_view)>& take) {
    const std::lock_guard lock(mutex_);
    const std::string all = load(head_);
    std::string_view rest(all.data(), std::min<std::size_t>(all.size(), end_ - head_));
    for (parsed next = parse(rest); next.whole; next = parse(rest)) {
        if (!take(next.record)) return;
        rest.remove_prefix(header_bytes + next.record.size());
    }
}

// Records go when all are done: a crash before that replays some again, which the ledger answers with their first
// outcome.
void file_journal::drop(std::size_t records) {
    const std::lock_guard lock(mutex_);
    const std::string all = load(head_);
    std::string_view rest = all;
    for (; records > 0 && records_ > 0; --records, --records_) {
        const parsed next = parse(rest);
        if (!next.whole) break;
        rest.remove_prefix(header_bytes + next.record.size());
        head_ += header_bytes + next.record.size();
    }
    if (records_ == 0 && ::ftruncate(file_, 0) == 0) head_ = end_ = 0;
}

std::size_t file_journal::size() const {
    const std::lock_guard lock(mutex_);
    return records_;
}

}
