import { debianGuest } from './debian.ts';

export const debian12 = debianGuest('debian-12', 'Debian 12 (bookworm), kernel 6.1', 'bookworm');
