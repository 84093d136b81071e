/** What `npm start` tells of a service. */
export const stackFile = {
  api_url: "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/v1",
  api_key: "aik_secret",
  aws_endpoint: "http://127.0.0.1:4566",
  region: "us-east-1",
  table_name: "table",
  bucket_name: "bucket",
  queue_url: "http://127.0.0.1:4566/000000000000/queue",
  dead_letter_queue_url: "http://127.0.0.1:4566/000000000000/dead",
  secret_arn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:key",
  task_function_name: "task",
  worker_function_name: "worker",
  state_machine_arns: ["arn:aws:states:us-east-1:000000000000:stateMachine:one"],
  event_bus_name: "bus",
  provider_base_url: "http://127.0.0.1:8080",
};
