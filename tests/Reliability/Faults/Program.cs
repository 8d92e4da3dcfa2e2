using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Saves that are killed, and disks that are full: what is there afterwards, as a table.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        switch (arguments)
        {
            case ["saves-forever", var place, var kind]:
                Saves.Forever(place, kind);
                return 0;
            case ["kills", var count]:
                return Kills.Run(int.Parse(count, CultureInfo.InvariantCulture));
            case ["disk-full", var count, var place]:
                return FullDisk.Run(int.Parse(count, CultureInfo.InvariantCulture), place);
            default:
                Console.Error.WriteLine("""
                    usage: Faults kills 100                 processes that save, ended by SIGKILL at random moments
                           Faults disk-full 50 FOLDER       a folder on an empty file system of 16 MB or less, such as: mount -t tmpfs -o size=12m tmpfs FOLDER
                    """);
                return 2;
        }
    }
}
