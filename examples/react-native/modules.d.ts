// The members that this example uses, with the types that the packages publish: react-native-ble-plx 3.5.1 and
// react-native-ble-advertiser 0.0.17. Installing them brings all of React Native, hundreds of megabytes, into a clone
// that runs none of it. An app that has them deletes this file.

declare module "react-native-ble-plx" {
  export type Base64 = string
  export type UUID = string
  export interface Subscription {
    remove(): void
  }
  export enum State {
    Unknown = "Unknown",
    Resetting = "Resetting",
    Unsupported = "Unsupported",
    Unauthorized = "Unauthorized",
    PoweredOff = "PoweredOff",
    PoweredOn = "PoweredOn",
  }
  export enum ScanMode {
    Opportunistic = -1,
    LowPower = 0,
    Balanced = 1,
    LowLatency = 2,
  }
  export interface ScanOptions {
    allowDuplicates?: boolean
    scanMode?: ScanMode
  }
  export class BleError extends Error {
    errorCode: number
  }
  export class Device {
    rssi: number | null
    rawScanRecord: Base64
    manufacturerData: Base64 | null
    serviceData: { [uuid: string]: Base64 } | null
    serviceUUIDs: UUID[] | null
    txPowerLevel: number | null
  }
  export class BleManager {
    constructor()
    destroy(): Promise<void>
    onStateChange(listener: (newState: State) => void, emitCurrentState?: boolean): Subscription
    startDeviceScan(
      UUIDs: UUID[] | null,
      options: ScanOptions | null,
      listener: (error: BleError | null, scannedDevice: Device | null) => void,
    ): Promise<void>
    stopDeviceScan(): Promise<void>
  }
}

declare module "react-native-ble-advertiser" {
  export interface BroadcastOptions {
    txPowerLevel?: number
    advertiseMode?: number
    includeDeviceName?: boolean
    includeTxPowerLevel?: boolean
    connectable?: boolean
  }
  export function setCompanyId(companyId: number): void
  export function broadcast(uid: string, manufData: number[], options?: BroadcastOptions): Promise<string>
  export function stopBroadcast(): Promise<string>
}
