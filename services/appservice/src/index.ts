export { service } from './main.ts';
export { loadRegistrations, RegistrationError } from './registrations.ts';
