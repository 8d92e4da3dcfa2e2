using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Where to compute: as the options say; where they leave it open (<c>auto</c>), as <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c> say.</summary>
internal static class ContextDevice
{
    private const string Auto = "auto";

    /// <summary>Chooses the device, and warns where the CPU stands in for a GPU.</summary>
    /// <param name="environment">The context.</param>
    /// <param name="asked">What the options say.</param>
    /// <exception cref="TorchUnavailableException">The context's GPU cannot be used, and the CPU is not to stand in for it.</exception>
    internal static string Of(IHostEnvironment environment, string asked = Auto)
    {
        HostDevice context = HostDevice.Of(environment);
        return Choose(asked, context, device => TorchRuntime.SelectDevice(device), message =>
        {
            using IChannel channel = environment.Start("Device");
            channel.Warning(MessageSensitivity.None, message);
        });
    }

    /// <summary>Chooses the device.</summary>
    /// <param name="asked">What the options say.</param>
    /// <param name="context">What the context says.</param>
    /// <param name="require">Fails where a device cannot be used.</param>
    /// <param name="warn">Told where the CPU stands in for a GPU.</param>
    internal static string Choose(string asked, HostDevice context, Action<string> require, Action<string> warn)
    {
        if (context.GpuDeviceId is not { } gpu || !asked.Trim().Equals(Auto, StringComparison.OrdinalIgnoreCase))
        {
            return asked;
        }

        string device = FormattableString.Invariant($"cuda:{gpu}");
        require("cpu");
        try
        {
            require(device);
            return device;
        }
        catch (TorchUnavailableException e) when (context.FallbackToCpu)
        {
            warn(FormattableString.Invariant($"MLContext.GpuDeviceId is {gpu}, and that device cannot be used; the CPU is used instead, as MLContext.FallbackToCpu says. {e.Message}"));
            return "cpu";
        }
        catch (TorchUnavailableException e)
        {
            throw new TorchUnavailableException(FormattableString.Invariant($"MLContext.GpuDeviceId is {gpu}, and that device cannot be used. {e.Message} To compute on the CPU in such a case set MLContext.FallbackToCpu to true, or GpuDeviceId to null."), e);
        }
    }
}
