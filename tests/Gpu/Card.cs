using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Gpu;

/// <summary>The card that the tests run on. Where there is none they are skipped; the variable DISPERSION_CARD=cpu runs them on the processor, to try the tests themselves.</summary>
internal static class Card
{
    private const string Variable = "DISPERSION_CARD";
    private static readonly string Named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : "cuda";

    /// <summary>Its name in options; skips the calling test where it is not there.</summary>
    public static string Name
    {
        get
        {
            TorchRuntime.EnsureLoaded();
            Skip.IfNot(Named == "cpu" || cuda.is_available(), $"No CUDA here: this libtorch sees no card. On a machine with one run dotnet test tests/Gpu -c Release -p:TorchBackend=cuda-linux; {Variable}=cpu tries the tests themselves on the processor.");
            return Named;
        }
    }

    public static Device Device => TorchRuntime.SelectDevice(Name);

    /// <summary>Whether it is a card at all.</summary>
    public static bool IsCuda => Device.type == DeviceType.CUDA;

    /// <summary>Waits for what was begun on it.</summary>
    public static void Wait()
    {
        if (IsCuda)
        {
            cuda.synchronize();
        }
    }
}
