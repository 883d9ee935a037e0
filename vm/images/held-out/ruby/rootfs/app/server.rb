require 'json'
require 'yaml'
require 'openssl'
require 'nokogiri'
require 'webrick'
doc = Nokogiri::XML('<a><b>1</b></a>')
digest = OpenSSL::Digest::SHA256.hexdigest('ready')
server = WEBrick::HTTPServer.new(Port: 8000, AccessLog: [])
server.mount_proc('/') { |_, response| response.body = JSON.generate({ b: doc.at('b').text, digest: digest }) }
server.start
