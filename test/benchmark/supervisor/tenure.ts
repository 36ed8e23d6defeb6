import { scenarios } from "./scenarios.ts";
import { serve } from "./serve.ts";

await serve(scenarios);
