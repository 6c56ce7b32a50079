export { Pending as Component } from "../../app/Pending";
