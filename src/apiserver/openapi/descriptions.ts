/** Sentences on what everybody reads in `kubectl explain`; all other descriptions are made of the names. */
const TYPES: Readonly<Record<string, string>> = {
  Pod: 'A group of containers that run together on one node and share network and volumes.',
  Deployment: 'Keeps a number of identical pods running and replaces them step by step when their template changes.',
  ReplicaSet: 'Keeps a number of identical pods running.',
  StatefulSet: 'Keeps pods with stable names and storage of their own running, in order.',
  DaemonSet: 'Runs one copy of a pod on every node, or on those selected.',
  Job: 'Runs pods until a number of them has succeeded.',
  CronJob: 'Starts jobs by a schedule.',
  Service: 'One stable address in front of the pods that a selector picks.',
  ConfigMap: 'Configuration as keys and values, for pods to read.',
  Secret: 'Confidential data as keys and values, for pods to read.',
  Namespace: 'A scope for names, and for who may do what.',
  Node: 'A machine that runs pods.',
  Container: 'One container of a pod: its image, command, resources and mounts.',
  PersistentVolume: 'A piece of storage of the cluster.',
  PersistentVolumeClaim: 'A request for storage by a user of the cluster.',
  ServiceAccount: 'An identity for the processes in pods.',
  Ingress: 'Rules by which HTTP requests from outside reach services.',
  ObjectMeta: 'What every stored object has: its name, labels, owners and history.',
  LabelSelector: 'Picks objects by their labels; all conditions have to hold.',
  Quantity: 'An exact amount such as 100m, 1.5 or 2Gi.',
  IntOrString: 'A number, or a text such as a percentage or the name of a port.',
  Time: 'A point in time as RFC 3339 text, in seconds.',
  MicroTime: 'A point in time as RFC 3339 text, in microseconds.',
}

const FIELDS: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the schema that the object is written in.',
  kind: 'Which kind of object this is, in CamelCase.',
  metadata: 'Name, labels and the other data that every object has.',
  spec: 'What is wanted.',
  status: 'What is observed. Written by the system.',
  items: 'The objects of the list.',
  name: 'Name; within its list or namespace it is unique.',
  namespace: 'Namespace that the name is in.',
  labels: 'Keys and values to organise and select objects by.',
  annotations: 'Keys and values for tools; they cannot be selected by.',
  uid: 'Identity of the object in time and space. Set by the system.',
  resourceVersion: 'Changes with every write; for detecting conflicts and for watching.',
  generation: 'Counts the changes of what is wanted. Set by the system.',
  creationTimestamp: 'When the object was created. Set by the system.',
  deletionTimestamp: 'When the object will be gone, once its deletion was asked for. Set by the system.',
  ownerReferences: 'Objects that this one depends on; when all are gone, it is deleted.',
  finalizers: 'What has to happen before the object may vanish.',
  generateName: 'Prefix of a name that the server completes.',
  managedFields: 'Who set which fields, for server-side apply.',
  replicas: 'Number of pods.',
  selector: 'Which objects belong to this one, by their labels.',
  template: 'What new pods look like.',
  containers: 'Containers that run side by side. At least one.',
  initContainers: 'Containers that run one after the other before the others start.',
  volumes: 'Volumes that the containers can mount.',
  image: 'Reference of the container image.',
  command: 'Program to run instead of the image’s entry point.',
  args: 'Arguments for the program.',
  env: 'Environment variables.',
  ports: 'Ports that are listened on.',
  resources: 'What the container needs, and what it may use at most.',
  limits: 'Amounts that may not be exceeded, by resource.',
  requests: 'Amounts that are needed, by resource.',
  nodeName: 'Node that the pod is bound to.',
  nodeSelector: 'Labels that a node needs to have.',
  restartPolicy: 'When containers that ended are started again.',
  conditions: 'Latest observations, one of each type.',
  data: 'Keys and values.',
  observedGeneration: 'Generation that the status speaks of.',
}

/** One sentence on a type, by its full name. */
export function describeType(name: string): string {
  const short = name.slice(name.lastIndexOf('.') + 1)
  const known = TYPES[short]
  if (known) return known
  const [, subject, part] = /^(\w+?)(Spec|Status|List)$/.exec(short) ?? []
  if (part === 'Spec') return `What is wanted of a ${subject}.`
  if (part === 'Status') return `What is observed of a ${subject}.`
  if (part === 'List') return `A list of ${subject} objects.`
  return sentence(short)
}

/** One sentence on a field of a type. */
export function describeField(_owner: string, field: string): string {
  return FIELDS[field] ?? sentence(field)
}

const UNIT = /^(.*) (seconds|bytes|percentage)$/

/** `terminationGracePeriodSeconds` → `Termination grace period, in seconds.` */
function sentence(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
  const lower = words.split(' ').map((word) => (/^[A-Z0-9]{2,}$/.test(word) ? word : word.toLowerCase()))
  const text = lower.join(' ').replace(UNIT, '$1, in $2')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
