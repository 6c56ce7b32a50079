// Tells the API the address that the distribution saw, over whatever the caller says of it.
function handler(event) {
  var request = event.request;
  request.headers['x-tally-viewer'] = { value: event.viewer.ip };
  return request;
}
