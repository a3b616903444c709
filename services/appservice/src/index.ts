export { listRegistrations } from './api/registrations/list-registrations.ts';
export { service } from './main.ts';
export { loadRegistrations, RegistrationError } from './registrations.ts';
