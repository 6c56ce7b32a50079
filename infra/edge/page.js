// Which file of the bucket answers: assets and files in the root by their names, the page for every other
// path, so that an address within the page can be opened, kept and sent, dots in it or not.
var FILE = /^\/(assets\/.+|[^/]+\.[A-Za-z0-9]+)$/;

function handler(event) {
  var request = event.request;
  if (!FILE.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
