/* Writes down, in order, all that a process does to files under one directory.
 *
 * Loaded with LD_PRELOAD. UNBROKEN_WATCH names the directory, UNBROKEN_JOURNAL the file to
 * write to. Each record: operation (1 byte), length of the path (2), offset (8), length of
 * the data (8), all little-endian; then path and data. One lock holds a call and its record
 * together, so that the journal's order is the disk's. A sync is recorded once it returned.
 *
 * Not seen: memory maps. SQLite maps only its -shm file, which a restart makes anew.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static const char *watched;
static size_t watched_length;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("UNBROKEN_JOURNAL");
    watched = getenv("UNBROKEN_WATCH");
    if (path && watched) {
        watched_length = strlen(watched);
        journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

static int is_watched(const char *path) {
    return journal >= 0 && strncmp(path, watched, watched_length) == 0 &&
           (path[watched_length] == '/' || path[watched_length] == 0);
}

/* The path behind a descriptor, if it is one to watch. */
static int path_of(int fd, char *path) {
    char link[32];
    if (journal < 0 || fd == journal) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_watched(path);
}

static void whole(const void *data, size_t length) {
    while (length) {
        ssize_t done = REAL(write)(journal, data, length);
        if (done < 0) abort(); /* a journal with a hole proves nothing */
        data = (const char *)data + done;
        length -= (size_t)done;
    }
}

static void note(char operation, const char *path, int64_t offset, const void *data, uint64_t length) {
    uint16_t path_length = (uint16_t)strlen(path);
    char head[19];
    head[0] = operation;
    memcpy(head + 1, &path_length, 2);
    memcpy(head + 3, &offset, 8);
    memcpy(head + 11, &length, 8);
    whole(head, sizeof head);
    whole(path, path_length);
    whole(data, length);
}

ssize_t write(int fd, const void *data, size_t length) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(write)(fd, data, length);
    pthread_mutex_lock(&lock);
    ssize_t done = REAL(write)(fd, data, length);
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (done > 0) note('w', path, end - done, data, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(pwrite64)(fd, data, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = REAL(pwrite64)(fd, data, length, offset);
    if (done > 0) note('w', path, offset, data, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return pwrite64(fd, data, length, offset);
}

static int sync_with(int (*real)(int), int fd) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return real(fd);
    pthread_mutex_lock(&lock);
    int result = real(fd);
    struct stat about;
    if (result == 0 && fstat(fd, &about) == 0) note(S_ISDIR(about.st_mode) ? 'd' : 's', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return sync_with(REAL(fsync), fd); }

int fdatasync(int fd) { return sync_with(REAL(fdatasync), fd); }

int ftruncate64(int fd, off64_t length) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(ftruncate64)(fd, length);
    pthread_mutex_lock(&lock);
    int result = REAL(ftruncate64)(fd, length);
    if (result == 0) note('t', path, length, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
    if (!is_watched(path)) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    int result = REAL(unlink)(path);
    if (result == 0) note('u', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) {
    if (!is_watched(from) && !is_watched(to)) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    int result = REAL(rename)(from, to);
    if (result == 0) note('r', from, 0, to, strlen(to));
    pthread_mutex_unlock(&lock);
    return result;
}

/* Opening matters where it makes a file or empties one. */
static int open_with(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (!is_watched(path) || !(flags & (O_CREAT | O_TRUNC))) return real(path, flags, mode);
    pthread_mutex_lock(&lock);
    int fresh = access(path, F_OK) != 0;
    int fd = real(path, flags, mode);
    if (fd >= 0 && fresh) note('c', path, 0, "", 0);
    if (fd >= 0 && !fresh && (flags & O_TRUNC)) note('t', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags, mode)                \
    mode_t mode = 0;                     \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest;                    \
        va_start(rest, flags);           \
        mode = va_arg(rest, mode_t);     \
        va_end(rest);                    \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(REAL(open64), path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    if (path[0] != '/' && folder != AT_FDCWD) return REAL(openat64)(folder, path, flags, mode);
    return open_with(REAL(open64), path, flags, mode);
}
