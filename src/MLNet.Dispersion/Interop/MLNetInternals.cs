using System.Reflection;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>
/// ML.NET keeps a few members to itself that a transformer from another assembly needs in order to be saved, loaded and offered on a catalog.
/// Every use of one goes through this folder, and fails with one and the same clear message where a version of ML.NET lacks the member.
/// </summary>
internal static class MLNetInternals
{
    /// <summary>Microsoft.ML.Core, where most of these members live.</summary>
    internal static Assembly Core { get; } = typeof(ModelSaveContext).Assembly;

    /// <summary>Uses an internal member and turns "no such member" into a message that a user can act on.</summary>
    internal static T Use<T>(string member, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException)
        {
            throw Unsupported(member, e);
        }
    }

    /// <summary>Runs an action without a result.</summary>
    internal static void Use(string member, Action use) => Use(member, () =>
    {
        use();
        return true;
    });

    /// <summary>What is thrown when this version of ML.NET lacks a member.</summary>
    internal static NotSupportedException Unsupported(string member, Exception? cause = null) => new(
        $"This ML.NET version is not supported: Microsoft.ML.Core {Core.GetName().Version} has no usable {member}. MLNet.Dispersion is built for Microsoft.ML 5.0.1: reference that version, or a newer MLNet.Dispersion.",
        cause);
}
