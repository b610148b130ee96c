package files

// nonblocking is nothing in a browser, which has no pipes.
const nonblocking = 0
