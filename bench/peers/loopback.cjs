// The servers of both packages listen on every address; here, on this machine's own. Ends when its input ends.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, '127.0.0.1', 1024, () => console.log(`ready 127.0.0.1 ${port}`));
};
process.stdin.on('end', () => process.exit(0)).resume();
