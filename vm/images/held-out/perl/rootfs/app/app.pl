use Mojolicious::Lite;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use List::Util qw(sum);
get '/' => sub {
  my $c = shift;
  $c->stash(sum => sum(1 .. 10), digest => sha256_hex(encode('UTF-8', 'ready')));
  $c->render(template => 'page');
};
app->start;
__DATA__
@@ page.html.ep
<p><%= $sum %> <%= $digest %></p>
